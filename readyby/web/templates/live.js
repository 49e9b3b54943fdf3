(function(){var box=document.getElementById("status"),said=document.getElementById("said"),lost=document.getElementById("lost");if(!box||!window.fetch)return;
function title(){var h=box.querySelector("h1");return h?h.textContent:""}
function tell(t){if(lost.hidden||lost.textContent!==t){lost.textContent=t;lost.hidden=false}}
function look(){if(document.hidden)return;fetch(box.dataset.src,{credentials:"same-origin",cache:"no-store"}).then(function(r){if(r.status==410||r.status==404){location.reload();return}if(!r.ok){tell(lost.dataset.away);return}return r.text().then(function(t){var was=title();box.innerHTML=t;if(box.querySelector(".ended")&&document.getElementById("ask")){location.reload();return}lost.hidden=true;if(title()!==was)said.textContent=title()})}).catch(function(){tell(lost.dataset.lost)})}
setTimeout(look,1500);setInterval(look,10000);document.addEventListener("visibilitychange",look);window.addEventListener("online",look)})();

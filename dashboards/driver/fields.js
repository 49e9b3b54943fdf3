const WAIT_MS = 500;
let waiting = 0, send = () => {};
document.addEventListener("pointerdown", () => send(), true);
export default function ({ data, parentElement, setStateValue }) {
  const box = parentElement.querySelector(".fields");
  if (box.dataset.version !== data.version) {
    box.dataset.version = data.version;
    box.innerHTML = data.html;
  }
  const report = () => {
    clearTimeout(waiting);
    waiting = 0;
    const values = { version: data.version };
    for (const field of box.querySelectorAll("input,select")) values[field.name] = field.value;
    setStateValue("values", values);
  };
  send = () => { if (waiting) report(); };
  const later = () => { clearTimeout(waiting); waiting = setTimeout(report, WAIT_MS); };
  box.oninput = later;
  box.onchange = () => { if (waiting) report(); };
}

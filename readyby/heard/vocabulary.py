"""Words around a wish: those that say nothing, those that carry it, and those that change it. Pure.

What drivers text is read by what is known of every word: a figure among unknown words is not trusted.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MEANINGFUL: Final = _words("""
    mile miles milla millas kilometer kilometers kilometre kilometres kilometro kilometros hour hours
    hora horas minute minutes minuto minutos percent kilowatt kilowatts today tonight tonite tomorrow
    tmrw manana pasado morning afternoon evening night noon midnight quarters cuartos tarde noche
    mediodia medianoche madrugada half quarter past media cuarto monday tuesday wednesday thursday
    friday saturday sunday lunes martes miercoles jueves viernes sabado domingo january february april
    june july august september october november december enero febrero marzo abril mayo junio julio
    agosto septiembre octubre noviembre diciembre mond tues weds thur thurs full lleno llena llenar
    completo completa hello around until need please thanks gracias oclock leave leaving midnite
""")
"""Words that carry a wish; a slip in one of them is put right."""

HARMLESS: Final = _words("""
    saco commute short estar grab lanzo pelo sry soz tgif n porfas porfavorcito fever arnd abt arond cine
    tanque stays wants
    teatro playa gimnasio pst pdt
    a about abrazo absolutely abuela abuelo acaba acabo actually additionally adios adjust agradezco
    agradezcole ahead ahi ahorrar airport al alguien algun all alla alma alrededor alright also am
    amable amazing amigo amigos amor amount an and andale ando angel anotado any anyway apenas
    appreciate appreciated approx approximately aprox aproximadamente aproximado aqui area around
    arrive's as asap asi asimismo assistance at atento auto autonomia available awesome ay babe baby
    back baja banco bateria battery bc bday be beach because before bendicion bendiciones besos bestie
    bet better bien big bike bit bless blessed boss bounce bouncing brb bring bro bruh brunch bud buddy
    buen buena buenas bueno buenos bump busy but by bye cab caballero cabron calle calor cambia cambiala
    cambialo cambiar cambie cambio camino camioneta campus can cant cap car car's carajo carga cargada
    cargado cargame cargando cargar cargue carguen carnal carpool carro casa centro ceo cerca change
    changed changing chao charge charged charger charging chau che cheers chevere chica chico chido
    chief chill chulo cierto circa city ciudad claro clinic clock coche coffee colega comadre come comer
    comida coming como compa compadre compita compra compras con concert confirm confirmed confirming
    conmigo cool corazon cordial cordiales could coworker crazy creo cuando cuate cuenta cuidado
    cuidense cunado cuz dad daily dale dame dang daughter dawg days de dear debo decir definitely dejar
    dejo del dele deme dep depart departing departs departure dept desk dia dias dice digo dinner dios
    dip dipping disculpa disculpen do doable don dona done dont dope dr drive driver driving drop dude
    dudes e earlier early echale echame echele echeme edificio edit efectivamente eh el electric ella
    ellos empresa en encanta end ending ends energia energy entonces entrada es escuela ese eso espero
    esposa esposo esta estacionado estacionamiento estamos estan estando estare este esto estoy eta etd
    ev eve evenings everyone everything exactly excelente expect expecting extend fam familia far favor
    feliz fellas few fierro fila fill fine finish finished finishing fixed folk folks food for forgot fr
    friend friends from fuera fun fwiw garage gas gd gente get gets getting gf gimme girl give glad go
    god goes goin going gone gonna good gosh got gotcha gotta gps gracias grande grandes grandma grandpa
    granny grax great gt gtg guardia guess guey guy guys h ha haga hagan hago haha hasta have hay head
    headed headin heading heads heard heck hella hello here hermana hermanito hermano hey hi highway
    hija hijo hijos hiya hmm hmu hola holi home homie hon honey hope hopefully hospital hotel house hoy
    hr hrs hs hubby huge hurry husband i i'd i'll i'm i've id idea igualmente ill im ima imma imo
    importa in indeed instead ir irme is ish issue it it'll it's itll its ive jaja jajaja jefa jefe jeje
    jet jetting jk job job's joven juego juice jus just k keep key kid kids kilometraje kind kinda
    kindly kk kms la lado lady lana lap las late later latte least leave leaves leavin leaving leavng
    left lemme let let's lets library like lil linda lindo ling list lista listo llame llegar lleva
    llevar lmao lmfao lmk lo local loco lol long looking looks lord los lot loved lovely luck luego
    lunch luv lv lvg ma'am major make mall mam mama mami man manager mananas mande manejar manejo manito
    mano many march marido mate matter maximum may maybe mb me mean meant medical meh mejor mejorar
    mensaje mero mi mia mijo mil min mind mine minimo minimum mins mio mira mis mismo missed mister mom
    moment momento mommy mornin morning's mornings most move mr mrs ms much mucha muchachos muchas
    muchisimas mucho mujer mum museum must muy my nah name nd neat nececito necesita necesitamos
    necesitare necesitaria necesito ned need needed needing needs neighbor nena nene nesesito new ngl ni
    nice nights nina ninas nino ninos no noches nos nosotros novia novio now nuestra nuestro nurse
    o'clock oclock ocupa ocupo of off office oficina oh ohh oiga oigan ok okay okey omg omw on once only
    onto oops op opinion orale order our ours out outta over own oye oyeme pa padre pal pana papa papi
    para parce parcero parent parents park parked parking parque partner pasar pasare pasaremos pasamos
    paso patient peace
    peacing peeps peps perdon permiso person phone pibe pick pickin picking pickup pico pido pinche plan
    plan's planned planning plans plaza please plis pls plus plz pm poder pon poner ponga pongan
    ponganle ponle ponme poquito por porfa porfavor porfis pos power ppl pretty prima primo prisa prob
    probably problem prof programa programado prolly promise ps public puede pueden puedo pues puesto
    punto puntos pura put qt que queda quede quedo queremos querido quick quickly quiero quise quisiera
    quite quiza quizas range rango rato ready real really reciban recibe recoger recojo regalame regards
    regresar regresare regreso request request's requiero required reschedule rescheduled respectfully
    return returned rico ride right rn rnd road roll rolling roughly round route ruego running rush ruta
    sa saben sabes said saldre saldremos sale salgamos salgo salida saliendo salimos salio salir saludo
    saludos same say says school se sea sean see seguro senor senora senores senorita sent ser seria service
    servicio set sets sharp sheesh shift shoot shopping should si siento sincerely sip sir sis sister
    site sleep small smart so sobre sobrina socio solamente solo someone somewhere son son's soon sooner
    sorry sorta sounds special split splitting spouse squad station station's stay staying still store
    straight street stuff su sube sum sup super supermercado supposed sure sus suyo sweet swing switch
    ta take takeoff tal talk tambien tanto tardes tarea tbh teach teacher team temprano tenga tengan
    tengo termina termino tesla test texting th than thank thanks that that's the then there they thing
    think thinking this thnx tho thx tia tiene til till time times tio tipo titi to todas today's todos
    tomar tonight's too town toy tq trabajo trae trafico traigo train train's tramo tranqui tranquila
    tranquilo travel tren trip truck trust try tryna tu turno tuyo ty tysm u ud uds ugh uh um un una
    unas universidad university unos unplug until up ur us usted ustedes va vacation vale vamos van vaya
    vayan vecino vehicle vemos venga vengo ver verdad vez viaje vieja viejo visit volver voy vuelta
    vuelvo w wanna want wanted warm wassup way we we'll we're weather wednesday's well welp went wey
    what's whole wife wife's wifi will willing wish wit with within work work's workday working works
    world worry would wouldnt wow wya xd xfa xfavor xq y y'all ya yall yay yea yeah yendo yep yes yessir
    yo yooo you your yup zoom toda junto mayor nueva nuevo parte quedar querer viene vienen parado
    eran era
    moving moved unplugging muevo mover llevo
    llevamos desconecto kept keeps boss jefe money
""")
"""Words that people put around a wish without changing it."""

TELLING: Final = _words("""
    yesterday ayer later earlier sooner longer another before between entre after despues desde since
    already almost nearly casi cancel cancela cancelar forget olvida ignore delay pause wait hold
    meeting meetings appointment appointments flight class classes cita vuelo reunion clase arrived
    arrive arriving started starting twice double triple doble each cada every round either except
    without dollars bucks dolares pesos tengo tiene have llegar llegue llego partir espera pausa quedan
    proximo proxima siguiente medio mitad suficiente enough stop pick meet concert charging start
    plugged begin empieza next same mismo igual cuando cuanto donde charge reduce increase level model
    spot doesn't didn't nunca never nothing nada remaining extra additional fewer less more dozen couple
    several third maxed topped filled shift movie movies game games reservation puedo
    practice recital party dinner wedding interview dentist
    doctor lesson lecture session church surgery visiting under close usually always might depends
    unless rather instead pasadas barely earliest latest maximum possible posible fully charged completely
    entro entra entre cancelo cancelaron maximo alcance train weekend weekends boarding roundtrip
""")
"""Words that change what the figures beside them mean; a slip in one of them is put right too."""

BESIDE_A_HALF: Final = _words("""
    a abt about actually ahora ahorita al all alright and apenas appreciated approximately aprox aqui
    around as at auto
    back be been before better bien bueno bump bumped but by cambia cambialo cambiar cambie cambio can
    car saco estar lanzo pelo parked quede queda lonche tgif bro bruh dude fam sir ma boss jefe amigo amiga
    joven hermano compa
    cheers cargado
    tank tanque small drive
    carro casa change changed changing charged coche come coming como con confirm confirmed correction
    could d dale
    dame de decir del deme departure depart departing digo do done dream early earlier echale echele el
    en entonces
    er era eran es esa ese eso esta este estare estare exactly fine for from give gimme go goes going
    gonna good got
    gracias great guess ha haha hago has hasta have he her here hmm home hora hoy house i i'd i'll i'm id
    ill im ima
    imma in instead ir is ish it it'll it's its jaja jajaja jeje just kindly la las late later latest
    leave leaving
    left lemme let let's lets like list lista listo ll lo lol looking looks los love lv lvg m ma'am make
    making man max
    may me mean meant mejor mi moved much mx my necesita necesito need needed needing needs new no nos
    now nueva nuevo
    ocupo of off oh ok okay on only oops or out outta pa para perdon pico plan planned plans please pls
    plz pon ponga
    ponle por porfa porfas porfavor porfis probably puede pueden push pushed put que quiere quiero quise
    quisiera
    ready really recojo regreso request revise right s salgo salida saliendo salimos say says sea sean
    see sera seria
    set sharp she should si sir so solo somewhere son soon sooner sorry sounds sry sure t take tarde te
    temprano tengo
    than thank thanks that that's thats the them then there they thing think thinking this thx ti till
    til time tipo
    to today tonight tops total trip try u ugh uh um un una unas unos until up update us va vamos ve
    vemos venir vez
    vuelvo voy wanna want wants was we we'll we're will with wo won works would y ya yall yes yo you your
""")
"""Words that may stand in the clause of half a wish without making it something else."""

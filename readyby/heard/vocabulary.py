"""Words around a wish: those that say nothing, those that carry it, and those that change it. Pure.

What drivers text is read by what is known of every word: a figure among unknown words is not trusted.
"""

from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


MEANINGFUL: Final = _words("""
    abril afternoon agosto april around august completa completo cuarto cuartos december diciembre domingo
    enero evening febrero february friday full gracias half hello hora horas hour hours january jueves
    julio july june junio kilometer kilometers kilometre kilometres kilometro kilometros kilowatt
    kilowatts leave leaving llena llenar lleno lunes madrugada manana martes marzo mayo media medianoche
    mediodia midnight midnite miercoles mile miles milla millas minute minutes minuto minutos mond monday
    morning need night noche noon november noviembre oclock october octubre pasado past percent please
    quarter quarters sabado saturday september septiembre sunday tarde thanks thur thurs thursday tmrw
    today tomorrow tonight tonite tues tuesday until viernes wednesday weds
""")
"""Words that carry a wish; a slip in one of them is put right."""

HARMLESS: Final = _words("""
    a about abrazo absolutely abt abuela abuelo acaba acabo actually additionally adios adjust agradezco
    agradezcole ahead ahi ahorrar aiming airport al alguien algun all alla alma alrededor alright also am
    amable amazing amigo amigos amor amount an and andale ando angel anotado any anyway apenas appreciate
    appreciated approx approximately aprox aproximadamente aproximado aqui area arnd arond around arrive's
    as asap asi asimismo assistance at atento auto autonomia available awesome ay babe baby back baja
    banco bateria battery bc bday be beach because before bendicion bendiciones besos bestie bet better
    bien big bike bit bless blessed boss bounce bouncing brb bring bro bruh brunch bud buddy buen buena
    buenas bueno buenos bump busy but by bye cab caballero cabron calle calor cambia cambiala cambialo
    cambiar cambie cambio camino camioneta campus can cant cap car car's carajo carga cargada cargado
    cargame cargando cargar cargue carguen carnal carpool carro casa centro ceo cerca chamba change
    changed changing chao charge charged charger charging chau che cheers chevere chica chico chido chief
    chill chulo cierto cine circa city ciudad claro clinic clock coche coffee colega comadre come comer
    comida coming commute como compa compadre compita completely compra compras con concert confirm
    confirmed confirming conmigo cool corazon cordial cordiales could coworker crazy creo cuando cuate
    cuenta cuidado cuidense cunado cuz dad daily dale dame dang daughter dawg days de dear debo decir
    definitely dejar dejo del dele deme dep depart departing departs departure dept desconecto desk dia
    dias dice digo dinner dios dip dipping disculpa disculpen do doable don dona done dont dope dr drive
    driver driving drop dude dudes e earlier early echale echame echele echeme edificio edit efectivamente
    eh el electric ella ellos empresa en encanta end ending ends energia energy entonces entrada era eran
    es escuela ese eso espero esposa esposo esta estacionado estacionamiento estamos estan estando estar
    estare este esto estoy eta etd ev eve evenings everyone everything exactly excelente expect expecting
    extend fam familia far favor feliz fellas fever few fierro fila fill final finals fine finish finished
    finishing fixed folk folks food for forgot fr friend friends from fuera fun fwiw garage gas gd gente
    get gets getting gf gimme gimnasio girl give glad go god goes goin going gone gonna good gosh got
    gotcha gotta gps grab gracias grande grandes grandma grandpa granny grax great gt gtg guardia guess
    guey guy guys h ha haga hagan hago haha hasta have hay head headed headin heading heads heard heck
    hella hello here hermana hermanito hermano hey hi highway hija hijo hijos hiya hmm hmu hola holi home
    homie hon honey hope hopefully hospital hotel house hoy hr hrs hs hubby huge hurry husband i i'd i'll
    i'm i've id idea igualmente ill im ima imma imo importa in indeed instead ir irme is ish issue it
    it'll it's itll its ive jaja jajaja jale jefa jefe jeje jet jetting jk job job's joven juego juice
    junto jus just k keep keeps kept key kid kids kilometraje kind kinda kindly kk kms la lado lady lana
    lanzo lap las late later latte least leave leaves leavin leaving leavng left lemme let let's lets
    library like lil linda lindo ling list lista listo llame llegar lleva llevamos llevar llevo lmao lmfao
    lmk lo local loco lol long looking looks lord los lot loved lovely luck luego lunch luv lv lvg ma'am
    major make mall mam mama mami man manager mananas mande manejar manejo manito mano many march marido
    mate matter maximum may maybe mayor mb me mean meant medical meh mejor mejorar mensaje mero mi mia
    mijo mil min mind mine minimo minimum mins mio mira mis mismo missed mister mom moment momento mommy
    money mornin morning's mornings most move moved mover moving mr mrs ms much mucha muchachos muchas
    muchisimas mucho muevo mujer mum museum must muy my n nah name nd neat nececito necesita necesitamos
    necesitare necesitaria necesito ned need needed needing needs neighbor nena nene nesesito new ngl ni
    nice nights nina ninas nino ninos no noches nos nosotros novia novio now nuestra nuestro nueva nuevo
    nurse o'clock oclock ocupa ocupo of off office oficina oh ohh oiga oigan ok okay okey omg omw on once
    only onto oops op opinion orale order our ours out outta over own oye oyeme pa padre pal pana papa
    papi para parado parce parcero parent parents park parked parking parque parte partner pasamos pasar
    pasare pasaremos paso patient pdt peace peacing peeps pelo peps perdon permiso person phone pibe pick
    pickin picking pickup pico pido pinche plan plan's planned planning plans playa plaza please plis pls
    plus plz pm poder pon poner ponga pongan ponganle ponla ponle ponlo ponme poquito por porfa porfas
    porfavor porfavorcito porfis pos power ppl pretty prima primo prisa prob probably problem prof
    programa programado prolly promise ps pst public puede pueden puedo pues puesto punto puntos pura put
    qt que queda quedar quede quedo queremos querer querido quick quickly quiero quise quisiera quite
    quiza quizas range rango rato ready real really reciban recibe recoger recojo regalame regards
    regresar regresare regreso request request's requiero required reschedule rescheduled respectfully
    return returned rico ride right rn rnd road roll rolling roughly round route ruego running rush ruta
    sa saben sabes saco said saldre saldremos sale salgamos salgo salida saliendo salimos salio salir
    saludo saludos same say says school se sea sean see seguro senor senora senores senorita sent ser
    seria service servicio set sets sharp sheesh shift shoot shooting shopping short should si siento
    sincerely sip sir sis sister site sleep small smart so sobre sobrina socio solamente solo someone
    somewhere son son's soon sooner sorry sorta sounds soz special split splitting spouse squad sry
    station station's stay staying stays still store straight street stuff su sube sum sup super
    supermercado supposed sure sus suyo sweet swing switch ta take takeoff tal talk tambien tanque tanto
    tardes tarea tbh teach teacher team teatro temprano tenga tengan tengo termina termino tesla test
    texting tgif th than thank thanks that that's the then there they thing think thinking this thnx tho
    thx tia tiene til till time times tio tipo titi to toda todas today's todos tomar tonight's too tops
    town toy tq trabajo trae trafico traigo train train's tramo tranqui tranquila tranquilo travel tren
    trip truck trust try tryna tu turno tuyo ty tysm u ud uds ugh uh um un una unas universidad university
    unos unplug unplugging until up ur us usted ustedes va vacation vale vamos van vaya vayan vecino
    vehicle vemos venga vengo ver verdad vez viaje vieja viejo viene vienen visit volver voy vuelta vuelvo
    w wanna want wanted wants warm wassup way we we'll we're weather wednesday's well welp went wey what's
    whole wife wife's wifi will willing wish wit with within work work's workday working works world worry
    would wouldnt wow wya xd xfa xfavor xq y y'all ya yall yay yea yeah yendo yep yes yessir yo yooo you
    your yup zoom
""")
"""Words that people put around a wish without changing it."""

TELLING: Final = _words("""
    additional after alcance almost already always another appointment appointments arrive arrived
    arriving ayer barely before begin between boarding bucks cada cancel cancela cancelar cancelaron
    cancelo casi charge charged charging church cita clase class classes close completely concert couple
    cuando cuanto delay dentist depends desde despues didn't dinner doble doctor doesn't dolares dollars
    donde double dozen each earlier earliest either empieza enough entra entre entro espera every except
    extra fewer filled flight forget fully game games have hold ignore igual increase instead interview
    later latest lecture less lesson level llegar llego llegue longer maxed maximo maximum medio meet
    meeting meetings might mismo mitad model more movie movies nada nearly never next nothing nunca olvida
    partir party pasadas pausa pause pesos pick plugged posible possible practice proxima proximo puedo
    quedan rather recital reduce remaining reservation reunion round roundtrip same session several shift
    siguiente since sooner spot start started starting stop suficiente surgery tengo third tiene topped
    train triple twice under unless usually visiting vuelo wait wedding weekend weekends without yesterday
""")
"""Words that change what the figures beside them mean; a slip in one of them is put right too."""

BESIDE_A_HALF: Final = _words("""
    a about abt actually ahora ahorita aiming al all alright amiga amigo and apenas appreciated
    approximately aprox aqui around as at auto back be been before better bien boss bro bruh bueno bump
    bumped but by cambia cambialo cambiar cambie cambio can car cargado carro casa change changed changing
    charged cheers coche come coming como compa con confirm confirmed correction could d dale dame de
    decir del deme depart departing departure digo do done dream drive dude earlier early echale echele el
    en entonces er era eran es esa ese eso esta estar estare este exactly fam fine for from gimme give go
    goes going gonna good got gracias great guess ha hago haha has hasta have he her here hermano hmm home
    hora house hoy i i'd i'll i'm id ill im ima imma in instead ir is ish it it'll it's its jaja jajaja
    jefe jeje joven just kindly la lanzo las late later latest leave leaving left lemme let let's lets
    like list lista listo ll lo lol lonche looking looks los love lv lvg m ma ma'am make making man max
    may me mean meant mejor mi moved much mx my necesita necesito need needed needing needs new no nos now
    nueva nuevo ocupo of off oh ok okay on only oops or out outta pa para parked parking pelo perdon pico
    plan planned plans please pls plz pon ponga ponla ponle ponlo por porfa porfas porfavor porfis
    probably ps puede pueden punto push pushed put que queda quede quiere quiero quise quisiera ready
    really recojo regreso request revise right s saco salgo salida saliendo salimos say says sea sean see
    sera seria set sharp she shooting should si sir small so solo somewhere son soon sooner sorry sounds
    sry sure t take tank tanque tarde te temprano tengo tgif than thank thanks that that's thats the them
    then there they thing think thinking this thx ti til till time tipo to today tonight tops total trip
    try u ugh uh um un una unas unos until up update us va vamos ve vemos venir vez voy vuelvo wanna want
    wants was we we'll we're will with wo won works would y ya yall yes yo you your
""")
"""Words that may stand in the clause of half a wish without making it something else."""

BESIDE_A_SPAN: Final = BESIDE_A_HALF | _words("""
    bateria battery bout dep driver errands estoy etd i've lyft miles n over parking pasare podria podrian
    puedo range return returning road running ser shift shopping stay tendria uber unplug unplugging visit
    w work worth
""")
"""Words that may stand in the clause of a departure told as a span, which is not of something else."""

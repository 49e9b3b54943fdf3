"""Words of both languages that are one or two letters from a word that counts, and are no slips of it. Pure.

Chosen from the 12,000 most frequent English and 10,000 most frequent Spanish words by wordfreq
(https://github.com/rspeer/wordfreq, CC BY-SA 4.0): those that `spelling` took for slips, without their
inflections.
"""

from typing import Final

_WORDS: Final = """
    aborto acoso acosta alter argued backs bull cancer canto carcel cargo cargos carlo carlos caro caros
    carros cart carta cartas carton case cease charming chart charts chase chose ciertos circo claros
    clash classy clause clave clone closer closet comparto compete compleja complejas complejo complejos
    completion complex compuesta compuesto concept concern concerns convert corto cortos cuadro cuadros
    cuartel cuento cuentos cuernos cuero cuerpo cuerpos culto curso cursos curtis decay desee doing
    dolores dominar dominio dominion dominios doyle dull earning ente enter entera entere entero entire
    entry esfera ever fall fell fight filmed forge forged fort forth fray fria frias fridge fritas fuel
    gases gates haven hell hojas horns hull jefes judges judio jueces juegos julia julie junior kitchen
    lanes laser latter layer leading leaking leaning lease lego lesion leve linear lines llamar llave
    llevan llevara llevas llorar luces lunar lungs madres makes malaga malas manage mancha manda mandan
    mandar maneja manera manga manila mann manning manzana manzanas marcas marco marcos marcus marea
    margen mariana marie marina marines mario marked marker markers market markets marking marks marques
    mars mart marta marte martha martin marvel masses master masters matan matanza mateo mates maths
    matters meaning median medica medico medida medina melting mente mentes menudo mete metio miente
    mighty miller millon minas minero mineros minimos mining mint miras mito mitos mixed moda mona moneda
    monedas monkey montana montar monte montes monto moody mounting mourning moves movil moviles muertes
    multas mute nearby newer niche nieve ninez noting null ocurre pagado pagados pagando pajaro parada
    parade parados pardo part partly parts pasa pasaba pasaje pasando pasara pasaron pase paseo pasos
    pasta paste pasto patada paula payaso pecado pedo pegado pelos pensado perfect pesada pesado pesados
    pescado pisos possibly prado present presos prevent pudo pull punado puse quartz queden quejan
    retaining sabido sabio sacado sacando sagrado salad saldo salido sandy seen senado sesion shaft shirt
    shirts shit siege siente star stare staring stark starred starring stars starving stat stated stating
    steven stuart subido subway sudan sumado sunny swift tango tanks tapped temor thee thirsty threw
    tiende tight tipped toma tomaba tomada tomadas tomado tomamos toman tomando tomara tomaron tomarse
    tomas tomate tomato tomatoes tomb tome tomen tomes tommy tomo tone tongue tonta tonto tours trace
    trade traen trail tree tumor util velo verdes vernos verses vuelto
"""
REAL: Final = frozenset(_WORDS.split())

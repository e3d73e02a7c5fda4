package demo

import "fmt"

// place is a city with the numbers that its country keeps for fiction.
type place struct {
	city, zone string
	phone      string // format of a number; the digits are counted up
	size       int    // how many numbers there are
}

// country is where prospects live, with how people are called there.
type country struct {
	name, legal string // legal form of its companies
	americas    bool
	share       int // of its region's prospects, relative to the others
	places      []place
	first, last []string
}

var countries = []country{
	{
		name: "United Kingdom", legal: "Ltd", share: 4,
		places: []place{
			{"London", "Europe/London", "+44 20 7946 0%03d", 1000}, {"Manchester", "Europe/London", "+44 161 496 0%03d", 1000},
			{"Bristol", "Europe/London", "+44 117 496 0%03d", 1000}, {"Edinburgh", "Europe/London", "+44 131 496 0%03d", 1000},
			{"Leeds", "Europe/London", "+44 113 496 0%03d", 1000},
		},
		first: []string{"Oliver", "Amelia", "George", "Isla", "Harry", "Freya", "Arthur", "Poppy", "Theo", "Imogen", "Rohan", "Aisha", "Callum", "Niamh", "Dylan", "Carys", "Edward", "Beatrice", "Kwame", "Zara", "Hugh", "Martha"},
		last:  []string{"Ashworth", "Barlow", "Carrington", "Dunmore", "Ellery", "Fairclough", "Garland", "Hathersage", "Kendrick", "Lockwood", "Marchbank", "Okafor", "Pemberton", "Quayle", "Radcliffe", "Sheldrake", "Thackeray", "Venables", "Whitlock", "Yardley"},
	},
	{
		name: "Germany", legal: "GmbH", share: 4,
		places: []place{
			{"Berlin", "Europe/Berlin", "+49 30 23125 %03d", 1000}, {"Hamburg", "Europe/Berlin", "+49 40 66969 %03d", 1000},
			{"München", "Europe/Berlin", "+49 89 99998 %03d", 1000}, {"Frankfurt", "Europe/Berlin", "+49 69 90009 %03d", 1000},
			{"Köln", "Europe/Berlin", "+49 221 4710 %03d", 1000},
		},
		first: []string{"Anna", "Jonas", "Lena", "Felix", "Katharina", "Moritz", "Sabine", "Tobias", "Miriam", "Henrik", "Greta", "Stefan", "Yasemin", "Matthias", "Johanna", "Emre", "Birgit", "Konrad", "Franziska", "Lukas", "Heike", "Marlene"},
		last:  []string{"Albrecht", "Bachmann", "Brandt", "Dietrich", "Ehlers", "Falkenberg", "Grothe", "Hartwig", "Jansen", "Kessler", "Lorenz", "Meinhardt", "Neubauer", "Oswald", "Petersen", "Reuter", "Seidel", "Thiele", "Vogel", "Yildiz"},
	},
	{
		name: "France", legal: "SAS", share: 2,
		places: []place{
			{"Paris", "Europe/Paris", "+33 1 99 00 %02d %02d", 10000}, {"Lyon", "Europe/Paris", "+33 4 65 71 %02d %02d", 10000},
			{"Nantes", "Europe/Paris", "+33 2 61 91 %02d %02d", 10000}, {"Toulouse", "Europe/Paris", "+33 5 36 49 %02d %02d", 10000},
		},
		first: []string{"Camille", "Julien", "Manon", "Antoine", "Élodie", "Mathieu", "Chloé", "Bastien", "Inès", "Olivier", "Margaux", "Karim", "Agathe", "Thibault", "Solène", "Rémi"},
		last:  []string{"Aubert", "Bellanger", "Caron", "Delacroix", "Évrard", "Fontaine", "Garnier", "Hamel", "Joubert", "Lemoine", "Marchand", "Nasri", "Perrault", "Renaud", "Sauvage", "Vasseur"},
	},
	{
		name: "Sweden", legal: "AB", share: 1,
		places: []place{
			{"Stockholm", "Europe/Stockholm", "+46 8 465 004 %02d", 100}, {"Göteborg", "Europe/Stockholm", "+46 31 390 06 %02d", 100},
			{"Malmö", "Europe/Stockholm", "+46 40 628 04 %02d", 100},
		},
		first: []string{"Astrid", "Erik", "Linnea", "Gustav", "Maja", "Oskar", "Sanna", "Viktor", "Ebba", "Anton", "Karin", "Nils"},
		last:  []string{"Ahlgren", "Bergqvist", "Dahlin", "Ekman", "Forsberg", "Hedlund", "Kjellberg", "Lindahl", "Norling", "Sandström", "Wallin", "Öberg"},
	},
	{
		name: "United States", legal: "Inc.", share: 7, americas: true,
		places: []place{
			{"New York", "America/New_York", "+1 212 555 01%02d", 100}, {"Boston", "America/New_York", "+1 617 555 01%02d", 100},
			{"Arlington", "America/New_York", "+1 703 555 01%02d", 100}, {"Atlanta", "America/New_York", "+1 404 555 01%02d", 100},
			{"Philadelphia", "America/New_York", "+1 215 555 01%02d", 100}, {"Chicago", "America/Chicago", "+1 312 555 01%02d", 100},
			{"Austin", "America/Chicago", "+1 512 555 01%02d", 100}, {"Minneapolis", "America/Chicago", "+1 612 555 01%02d", 100},
			{"Denver", "America/Denver", "+1 303 555 01%02d", 100}, {"Salt Lake City", "America/Denver", "+1 801 555 01%02d", 100},
			{"Seattle", "America/Los_Angeles", "+1 206 555 01%02d", 100}, {"Portland", "America/Los_Angeles", "+1 503 555 01%02d", 100},
			{"San Francisco", "America/Los_Angeles", "+1 415 555 01%02d", 100}, {"San Diego", "America/Los_Angeles", "+1 619 555 01%02d", 100},
		},
		first: []string{"Ethan", "Madison", "Caleb", "Naomi", "Tyler", "Savannah", "Marcus", "Priscilla", "Hector", "Danielle", "Wyatt", "Jasmine", "Kevin", "Renee", "Andre", "Lauren", "Diego", "Paige", "Victor", "Allison", "Terrence", "Megan"},
		last:  []string{"Abernathy", "Beckett", "Calloway", "Delgado", "Eastman", "Fitzgerald", "Gallagher", "Holloway", "Ibarra", "Jefferson", "Kowalski", "Langston", "McAllister", "Nguyen", "Ortega", "Prescott", "Rutledge", "Sutherland", "Trujillo", "Washburn"},
	},
	{
		name: "Canada", legal: "Inc.", share: 2, americas: true,
		places: []place{
			{"Toronto", "America/Toronto", "+1 416 555 01%02d", 100}, {"Montréal", "America/Toronto", "+1 514 555 01%02d", 100},
			{"Vancouver", "America/Vancouver", "+1 604 555 01%02d", 100}, {"Calgary", "America/Edmonton", "+1 403 555 01%02d", 100},
		},
		first: []string{"Émilie", "Liam", "Sophie", "Nathan", "Chantal", "Gordon", "Maya", "Étienne", "Harpreet", "Claire", "Wesley", "Noémie"},
		last:  []string{"Arsenault", "Bouchard", "Chisholm", "Dhaliwal", "Ferguson", "Gagnon", "Leclerc", "MacDonald", "Pelletier", "Tremblay", "Wong", "Zielinski"},
	},
}

// number is the n-th fictional phone number of the place.
func (p place) number(n int) string {
	n %= p.size
	if p.size == 10000 {
		return fmt.Sprintf(p.phone, n/100, n%100)
	}
	return fmt.Sprintf(p.phone, n)
}

// Companies are a stem and a trade.
var (
	stems = []string{
		"Aldermoor", "Brackwater", "Cinderfield", "Dunmere", "Eastholm", "Fallowby", "Greywick", "Hollenbeck", "Inverlade", "Jorvale",
		"Kaltwasser", "Lindqvale", "Morrowgate", "Norbrook", "Osterwald", "Pellworth", "Quarrystone", "Ravenholt", "Silverlund", "Thornquay",
		"Ullsworth", "Vantholm", "Westermoor", "Xanderby", "Yarrowdale", "Zellmark", "Ambergate", "Birkenfell", "Copperhill", "Driftmark",
	}
	trades = []struct{ name, industry string }{
		{"Logistics", "logistics"}, {"Freight", "logistics"}, {"Robotics", "manufacturing"}, {"Instruments", "manufacturing"}, {"Textiles", "manufacturing"},
		{"Foods", "food"}, {"Health", "healthcare"}, {"Diagnostics", "healthcare"}, {"Energy", "energy"}, {"Insurance", "insurance"},
		{"Retail", "retail"}, {"Media", "media"}, {"Mobility", "transport"}, {"Systems", "software"},
	}
	sizes = []int{6, 14, 28, 45, 60, 85, 120, 180, 240, 340, 480, 620, 900, 1400, 3200}
)

// Titles by how much they decide.
var (
	topTitles  = []string{"CFO", "COO", "CTO", "VP Operations", "VP Finance", "VP Revenue Operations", "Head of Finance", "Head of Operations", "Head of IT", "Managing Director"}
	midTitles  = []string{"Finance Director", "Operations Manager", "IT Manager", "Director of Engineering", "Procurement Manager", "Programme Manager", "Director of Shared Services"}
	lowTitles  = []string{"Controller", "Financial Analyst", "Business Analyst", "Procurement Specialist", "Systems Engineer", "Project Lead", "Accountant"}
	freeTitles = []string{"Student", "Finance Intern"}
	sources    = []string{"google", "google", "linkedin", "linkedin", "newsletter", "webinar", "review-site", "partner", "referral", "bing"}
)

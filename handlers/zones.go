package handlers

import (
	"time"

	"hotleads/lead"
	"hotleads/scoring"
)

// leadZone is the lead's time zone: what their client said, else their
// country's, where it has one; "" where it is not known.
func leadZone(l lead.Lead) string {
	if z, ok := l.Traits["timezone"].(string); ok && z != "" && z != "Local" {
		if _, err := time.LoadLocation(z); err == nil {
			return z
		}
	}
	return countryZones[scoring.Fold(l.Country)]
}

// countryZones are countries with one time zone, by folded name and ISO code.
var countryZones = map[string]string{
	"de": "Europe/Berlin", "germany": "Europe/Berlin", "at": "Europe/Vienna", "austria": "Europe/Vienna", "ch": "Europe/Zurich", "switzerland": "Europe/Zurich",
	"fr": "Europe/Paris", "france": "Europe/Paris", "nl": "Europe/Amsterdam", "netherlands": "Europe/Amsterdam", "be": "Europe/Brussels", "belgium": "Europe/Brussels",
	"gb": "Europe/London", "uk": "Europe/London", "united kingdom": "Europe/London", "ie": "Europe/Dublin", "ireland": "Europe/Dublin",
	"it": "Europe/Rome", "italy": "Europe/Rome", "pl": "Europe/Warsaw", "poland": "Europe/Warsaw", "cz": "Europe/Prague", "czechia": "Europe/Prague",
	"se": "Europe/Stockholm", "sweden": "Europe/Stockholm", "no": "Europe/Oslo", "norway": "Europe/Oslo", "dk": "Europe/Copenhagen", "denmark": "Europe/Copenhagen",
	"fi": "Europe/Helsinki", "finland": "Europe/Helsinki", "gr": "Europe/Athens", "greece": "Europe/Athens", "ro": "Europe/Bucharest", "romania": "Europe/Bucharest",
	"tr": "Europe/Istanbul", "turkey": "Europe/Istanbul", "il": "Asia/Jerusalem", "israel": "Asia/Jerusalem", "ae": "Asia/Dubai", "united arab emirates": "Asia/Dubai",
	"in": "Asia/Kolkata", "india": "Asia/Kolkata", "sg": "Asia/Singapore", "singapore": "Asia/Singapore", "jp": "Asia/Tokyo", "japan": "Asia/Tokyo",
	"kr": "Asia/Seoul", "south korea": "Asia/Seoul", "cn": "Asia/Shanghai", "china": "Asia/Shanghai", "za": "Africa/Johannesburg", "south africa": "Africa/Johannesburg",
	"ng": "Africa/Lagos", "nigeria": "Africa/Lagos", "ke": "Africa/Nairobi", "kenya": "Africa/Nairobi", "eg": "Africa/Cairo", "egypt": "Africa/Cairo",
	"nz": "Pacific/Auckland", "new zealand": "Pacific/Auckland", "ar": "America/Argentina/Buenos_Aires", "argentina": "America/Argentina/Buenos_Aires",
	"co": "America/Bogota", "colombia": "America/Bogota", "pe": "America/Lima", "peru": "America/Lima", "sa": "Asia/Riyadh", "saudi arabia": "Asia/Riyadh",
}

package config

import (
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
)

var zoneName = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}$`)

// zoneOK reports whether name is an IANA zone. What means the machine's own
// setting, or counts leap seconds, is not: the same file must mean the same
// everywhere.
func zoneOK(name string) bool {
	if !zoneName.MatchString(name) ||
		slices.Contains([]string{"Local", "localtime", "posixrules", "Factory"}, name) ||
		strings.HasPrefix(name, "right/") || strings.HasPrefix(name, "posix/") {
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// nearestZone suggests a zone for a name that is none, Asia/Shanghai if nothing
// comes near: most communities live there.
func nearestZone(name string) string {
	const home = "Asia/Shanghai"
	if strings.ContainsFunc(name, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return home
	}
	if zone, ok := zoneByOtherName(strings.ToLower(strings.Join(strings.Fields(name), "_"))); ok {
		return zone
	}
	city := titled(name[strings.LastIndex(name, "/")+1:])
	for _, area := range []string{"Asia", "Europe", "America", "Australia", "Africa", "Pacific", "Atlantic", "Indian", "Etc"} {
		if zone := area + "/" + city; zoneOK(zone) {
			return zone
		}
	}
	zones := commonZones()
	if zone, ok := nearest(name, zones); ok {
		return zone
	}
	cities := make([]string, len(zones))
	for i, z := range zones {
		cities[i] = z[strings.LastIndex(z, "/")+1:]
	}
	if c, ok := nearest(city, cities); ok {
		return zones[slices.Index(cities, c)]
	}
	return home
}

// titled writes "new york" as the zone names do: "New_York".
func titled(city string) string {
	words := strings.FieldsFunc(strings.ToLower(city), func(r rune) bool { return r == ' ' || r == '_' })
	for i, w := range words {
		words[i] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "_")
}

// zoneByOtherName knows what people write for a zone and IANA does not.
func zoneByOtherName(name string) (string, bool) {
	name = strings.TrimPrefix(name, "asia/")
	switch name {
	case "beijing", "peking", "china", "cn", "cst", "bjt", "shenzhen", "guangzhou", "hangzhou", "chengdu", "nanjing", "wuhan",
		"utc+8", "utc+08", "utc+08:00", "utc+0800", "utc8", "gmt+8", "gmt+08:00", "gmt+0800", "gmt8", "+8", "+08", "+08:00", "+0800", "8", "local":
		return "Asia/Shanghai", true
	case "hongkong", "hk", "hkt":
		return "Asia/Hong_Kong", true
	case "taiwan", "tw":
		return "Asia/Taipei", true
	case "jst", "jp", "utc+9", "gmt+9", "osaka":
		return "Asia/Tokyo", true
	case "kst", "kr":
		return "Asia/Seoul", true
	case "sg", "sgt":
		return "Asia/Singapore", true
	case "utc+0", "gmt+0", "z", "utc0":
		return "UTC", true
	case "pst", "pdt", "pt", "san_francisco", "seattle":
		return "America/Los_Angeles", true
	case "edt", "et", "washington", "boston":
		return "America/New_York", true
	case "bst", "uk":
		return "Europe/London", true
	case "cest", "germany":
		return "Europe/Berlin", true
	}
	return "", false
}

// commonZones is what misspelt names are compared with. The time package does
// not list the zones it knows.
func commonZones() []string {
	return []string{
		"Asia/Shanghai", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei", "Asia/Urumqi", "Asia/Tokyo", "Asia/Seoul", "Asia/Singapore",
		"Asia/Kuala_Lumpur", "Asia/Bangkok", "Asia/Jakarta", "Asia/Manila", "Asia/Ho_Chi_Minh", "Asia/Yangon", "Asia/Kolkata",
		"Asia/Kathmandu", "Asia/Dhaka", "Asia/Karachi", "Asia/Dubai", "Asia/Riyadh", "Asia/Tehran", "Asia/Jerusalem", "Asia/Almaty",
		"Asia/Tashkent", "Asia/Ulaanbaatar", "Asia/Vladivostok", "Asia/Yekaterinburg", "Asia/Novosibirsk",
		"Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Madrid", "Europe/Paris", "Europe/Brussels", "Europe/Amsterdam",
		"Europe/Berlin", "Europe/Zurich", "Europe/Vienna", "Europe/Rome", "Europe/Prague", "Europe/Warsaw", "Europe/Stockholm",
		"Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki", "Europe/Athens", "Europe/Kyiv", "Europe/Istanbul", "Europe/Moscow",
		"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles", "America/Anchorage",
		"America/Toronto", "America/Vancouver", "America/Mexico_City", "America/Bogota", "America/Lima", "America/Santiago",
		"America/Sao_Paulo", "America/Argentina/Buenos_Aires", "Africa/Cairo", "Africa/Lagos", "Africa/Nairobi", "Africa/Johannesburg",
		"Australia/Sydney", "Australia/Melbourne", "Australia/Brisbane", "Australia/Adelaide", "Australia/Perth", "Pacific/Auckland",
		"Pacific/Honolulu", "UTC",
	}
}

package settings

import (
	_ "embed" // the table of cities
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"qunmate/bot"
)

//go:embed zones.txt
var zonesFile string

// home is the example where nothing comes near: most communities live there.
const home = "Asia/Shanghai"

// zones knows what people write for a zone. The time package does not list the
// zones it knows, so the common ones are a file.
type zones struct {
	named map[string]string // lower-case city or IANA name → IANA name
	short map[string]string // abbreviation or offset → the zone to suggest
}

func loadZones() zones {
	z := zones{map[string]string{}, map[string]string{}}
	for line := range strings.Lines(zonesFile) {
		zone, rest, ok := strings.Cut(strings.TrimSpace(line), " = ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		cities, short, _ := strings.Cut(rest, "|")
		z.named[strings.ToLower(zone)] = zone
		z.named[strings.ToLower(zone[strings.LastIndex(zone, "/")+1:])] = zone
		for _, name := range split(cities) {
			z.named[name] = zone
		}
		for _, name := range split(short) {
			z.short[name] = zone
		}
	}
	return z
}

func split(list string) []string {
	var out []string
	for word := range strings.SplitSeq(list, ",") {
		if word = strings.TrimSpace(word); word != "" {
			out = append(out, word)
		}
	}
	return out
}

// dayClock is a zone and a start of the day.
type dayClock struct {
	Zone  string `json:"zone"`
	Start int    `json:"start"` // minutes after midnight
}

// mistake says what is wrong with the words after /timezone: the name of a
// text, the word, and an example that would be right.
type mistake struct{ text, word, example string }

var (
	timeLike   = regexp.MustCompile(`^\d{1,2}([:.]?\d*)$|^\d+[^\d/+-]*\d*$`)
	zoneLike   = regexp.MustCompile(`^[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){1,2}$`)
	offsetLike = regexp.MustCompile(`^(?:utc|gmt)?([+-]\d{1,2}(?::?\d{2})?)$`)
)

// parse reads "Asia/Shanghai 04:00", "New York", "05:00": what is not named
// stays as it is now.
func (z zones) parse(words []string, now dayClock) (dayClock, *mistake) {
	if n := len(words); timeLike.MatchString(words[n-1]) {
		t, err := time.Parse("15:04", words[n-1])
		if err != nil {
			return now, &mistake{"settings.tz_bad_time", words[n-1], now.Zone}
		}
		now.Start = t.Hour()*60 + t.Minute()
		words = words[:n-1]
	}
	if len(words) == 0 {
		return now, nil
	}
	zone, wrong := z.find(strings.Join(words, "_"))
	if wrong != nil {
		wrong.word = strings.Join(words, " ")
		return now, wrong
	}
	now.Zone = zone
	return now, nil
}

// find turns a name into an IANA zone.
func (z zones) find(name string) (string, *mistake) {
	lower := strings.ToLower(name)
	if zone, ok := z.named[lower]; ok {
		return zone, nil
	}
	if zone, ok := z.abbreviation(lower); ok {
		return "", &mistake{text: "settings.tz_short", example: zone}
	}
	for _, try := range []string{name, titled(name)} {
		if loadable(try) {
			return try, nil
		}
	}
	return "", &mistake{text: "settings.tz_unknown", example: z.near(lower)}
}

// abbreviation recognizes EST, GMT+8, UTC+08:00, +8, and the Etc zones, in
// which a sign means the opposite of what it means to people: Etc/GMT-8 is +8.
func (z zones) abbreviation(lower string) (string, bool) {
	if rest, etc := strings.CutPrefix(lower, "etc/"); etc {
		lower = strings.NewReplacer("+", "-", "-", "+").Replace(rest)
	}
	if zone, ok := z.short[lower]; ok {
		return zone, true
	}
	if m := offsetLike.FindStringSubmatch(lower); m != nil {
		if zone, ok := z.short[m[1]]; ok {
			return zone, true
		}
		return home, true
	}
	return "", false
}

// loadable reports whether Go's table has the zone. Single words in it are
// abbreviations and old names.
func loadable(name string) bool {
	if !zoneLike.MatchString(name) {
		return false
	}
	switch area, _, _ := strings.Cut(name, "/"); area {
	case "Etc", "posix", "right", "SystemV":
		return false
	}
	_, err := time.LoadLocation(name)
	return err == nil
}

// titled writes a name as the table does: america/new_york → America/New_York.
func titled(name string) string {
	up := true
	return strings.Map(func(r rune) rune {
		if up {
			r = unicode.ToUpper(r)
		} else {
			r = unicode.ToLower(r)
		}
		up = r == '/' || r == '_' || r == '-'
		return r
	}, name)
}

// near is the zone to suggest for a word that names none. Two Chinese
// characters are near too many cities to guess.
func (z zones) near(lower string) string {
	if strings.ContainsFunc(lower, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return home
	}
	known := slices.Sorted(maps.Keys(z.named))
	for _, word := range []string{lower, lower[strings.LastIndex(lower, "/")+1:]} {
		if name := bot.Closest(word, known); name != "" {
			return z.named[name]
		}
	}
	return home
}

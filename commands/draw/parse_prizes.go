package draw

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// betweenPrizes separates prizes; a price never contains one of these.
func betweenPrizes(r rune) bool { return strings.ContainsRune("、,，;；\n", r) }

// parsePrizes reads "保温杯×2@89元、咖啡券×5".
func parsePrizes(text string) (out []Prize, bad []Mistake) {
	have := map[string]bool{}
	for _, part := range strings.FieldsFunc(text, betweenPrizes) {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		p, code := parsePrize(part)
		switch {
		case code != "":
			bad = append(bad, Mistake{Code: code, Text: p.Name})
		case have[p.Name]:
			bad = append(bad, Mistake{Code: "twice", Text: p.Name})
		}
		have[p.Name] = true
		out = append(out, p)
	}
	switch {
	case len(out) == 0:
		bad = append(bad, Mistake{Code: "prizes"})
	case len(out) > mostPrizes:
		bad = append(bad, Mistake{Code: "many"})
	}
	return out, bad
}

// parsePrize reads one prize from its end: the price, the count, the name.
func parsePrize(text string) (Prize, string) {
	name, fen, ok := cutPrice(text)
	if !ok {
		return Prize{Name: text}, "price"
	}
	name, count, ok := cutCount(name)
	p := Prize{Name: name, Count: count, Fen: fen}
	switch {
	case name == "" || utf8.RuneCountInString(name) > mostName:
		return p, "name"
	case !ok || count < 1 || count > mostCount:
		return p, "count"
	case fen > mostFen:
		return p, "dear"
	}
	return p, ""
}

// cutPrice takes "@89元", "@¥89.5" or " 60000元" off the end. ok is false when
// what stands behind the @ is no price.
func cutPrice(text string) (name string, fen int64, ok bool) {
	name, price, at := cutLast(text, "@＠")
	if !at {
		head, last, blank := cutLast(text, " ")
		fen, priced := yuan(last)
		if _, unit := trimUnit(last); !blank || !priced || !unit {
			return text, 0, true
		}
		return strings.TrimSpace(head), fen, true
	}
	fen, ok = yuan(strings.TrimSpace(price))
	return strings.TrimSpace(name), fen, ok && fen > 0
}

// cutLast cuts a text at the last of some runes.
func cutLast(text, runes string) (head, tail string, ok bool) {
	i := strings.LastIndexAny(text, runes)
	if i < 0 {
		return text, "", false
	}
	_, n := utf8.DecodeRuneInString(text[i:])
	return text[:i], text[i+n:], true
}

// yuan reads "89", "¥89.50", "89元", "89 yuan" as 0.01 yuan.
func yuan(text string) (int64, bool) {
	s := strings.ToLower(string(fold(text)))
	s = strings.TrimLeft(s, "¥￥ ")
	s, _ = trimUnit(s)
	whole, cents, point := strings.Cut(s, ".")
	if point && (len(cents) < 1 || len(cents) > 2) || whole == "" || strings.Trim(whole+cents, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+(cents + "00")[:2], 10, 64)
	if err != nil {
		return math.MaxInt64, true // far beyond what is allowed: said as such
	}
	return n, true
}

// trimUnit takes the word for yuan off the end of a price.
func trimUnit(text string) (string, bool) {
	for _, w := range words["yuan"] {
		if s, ok := strings.CutSuffix(text, string(w.text)); ok {
			return strings.TrimSpace(s), true
		}
	}
	return strings.TrimSpace(text), false
}

// cutCount takes "×2" off the end; without it there is one. An x between
// letters belongs to the name.
func cutCount(text string) (name string, count int, ok bool) {
	head, tail, found := cutLast(text, "×xX*＊✕✖")
	c := newScan(tail)
	n, number := c.number()
	c.has("people")
	c.has("unit")
	switch {
	case found && number && c.end():
		return strings.TrimSpace(head), int(n), true
	case !found || strings.ContainsRune("xX", []rune(text[len(head):])[0]):
		return strings.TrimSpace(text), 1, true
	}
	return strings.TrimSpace(head), 0, false
}

// prices reads "保温杯 89元、咖啡券 20元" for prizes that are there already.
func (o *Order) prices(text string) []Mistake {
	for _, part := range strings.FieldsFunc(text, betweenPrizes) {
		part = strings.TrimSpace(part)
		name, price, ok := cutLast(part, "@＠ ")
		fen, priced := yuan(strings.TrimSpace(price))
		switch {
		case !ok || !priced || fen <= 0:
			return []Mistake{{Code: "price", Text: part}}
		case fen > mostFen:
			return []Mistake{{Code: "dear", Text: strings.TrimSpace(name)}}
		}
		o.Prices = append(o.Prices, Prize{Name: strings.TrimSpace(name), Fen: fen})
	}
	return nil
}

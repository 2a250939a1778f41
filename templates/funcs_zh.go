package templates

// morning is the hour from which a day's beginning is called so.
const morning = 4

// The Chinese words for days are grammar, not texts: they choose between
// morning and the rest of the day, which a template cannot say legibly.
//
//nolint:gosmopolitan // this file is the Chinese half of the template functions
func whenChinese(m Moment) string {
	hm := m.T.Format("15:04")
	switch daysApart(m) {
	case 0:
		return "今天 " + hm
	case 1:
		if h := m.T.Hour(); h >= morning && h < 12 {
			return "明早 " + hm
		}
		return "明天 " + hm
	case 2:
		return "后天 " + hm
	case -1:
		return "昨天 " + hm
	}
	return dated(m, hm)
}

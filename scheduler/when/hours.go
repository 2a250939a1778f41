package when

import "strconv"

// HoursHead reads two times of the day at the beginning of a text, as minutes
// after midnight, and returns what follows them: "22:00-08:00", "晚上10点到早上8点".
// The second one may be that of the next day. Errors: ErrNoTime,
// *ImpossibleError.
func HoursHead(text string) (from, until int, rest string, err error) {
	c := newScan(text)
	if from, err = c.timeOfDay(); err != nil {
		return 0, 0, text, err
	}
	c.blanks()
	if _, ok := c.word("to"); !ok {
		return 0, 0, text, ErrNoTime
	}
	if until, err = c.timeOfDay(); err != nil {
		return 0, 0, text, err
	}
	if !c.bounded() {
		return 0, 0, text, ErrNoTime
	}
	_, rest = cut(text, c.i)
	return from, until, rest, nil
}

// timeOfDay reads one time of the day.
func (c *scan) timeOfDay() (int, error) {
	f := fix{}
	c.between(&f)
	if v, ok := c.partOfDay(false); ok {
		f.part = v
		c.between(&f)
	}
	ok, err := f.readClock(c)
	if err != nil {
		return 0, err
	}
	if !ok {
		return 0, ErrNoTime
	}
	hour, fits := f.hours()
	if !fits {
		return 0, &ImpossibleError{Text: strconv.Itoa(f.hour) + ":" + strconv.Itoa(100 + f.minute)[1:]}
	}
	return (hour*60 + f.minute) % (24 * 60), nil
}

package fair

// Lowered spellings for the tests.
const DST = dst

// RoundMessage is what the network signs.
func RoundMessage(round int64) []byte { return roundMessage(round) }

package wecombot

// Limits of a conversation, replies and pushes counted together (path 101463),
// and of uploads, which the page names without saying for whom: they are kept
// for the whole connection.
const (
	perMinute = 30
	perHour   = 1000
)

// uploads is the guard's key of the uploads; no conversation has this id.
const uploads = "\x00uploads"

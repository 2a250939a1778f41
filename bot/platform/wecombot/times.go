package wecombot

import "time"

// Times are the waits of a connection. A zero field takes the default.
type Times struct {
	Ping     time.Duration   // between pings: 30 s (path 101463)
	Ack      time.Duration   // for an acknowledgement: 5 s, as the official SDK
	Dial     time.Duration   // for the handshake: 15 s
	Write    time.Duration   // for handing over a frame: 10 s
	RetryMin time.Duration   // first wait before dialling again: 1 s
	RetryMax time.Duration   // longest wait before dialling again: 30 s
	Takeover []time.Duration // waits before taking the connection back from another process: 2, 5, 10, 30 min
	Alone    time.Duration   // so long without another process means it is gone: 30 min
	Linger   time.Duration   // what sends under way get at the stop: 0.5 s
	Flush    time.Duration   // what messages read but not taken in get after that: 0.4 s
	Passive  time.Duration   // how long a callback is kept open for its answer: 4 s of the platform's 5
	Post     time.Duration   // for a post to a response_url: 15 s
	Rest     time.Duration   // between a passive reply and the rest of its text: 1 s
}

func (t Times) withDefaults() Times {
	def := func(d *time.Duration, v time.Duration) {
		if *d <= 0 {
			*d = v
		}
	}
	def(&t.Ping, 30*time.Second)
	def(&t.Ack, 5*time.Second)
	def(&t.Dial, 15*time.Second)
	def(&t.Write, 10*time.Second)
	def(&t.RetryMin, time.Second)
	def(&t.RetryMax, 30*time.Second)
	def(&t.Alone, 30*time.Minute)
	def(&t.Linger, 500*time.Millisecond)
	def(&t.Flush, 400*time.Millisecond)
	def(&t.Passive, 4*time.Second)
	def(&t.Post, 15*time.Second)
	def(&t.Rest, time.Second)
	if t.Takeover == nil {
		t.Takeover = []time.Duration{2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute}
	}
	return t
}

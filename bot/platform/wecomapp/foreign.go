package wecomapp

import (
	"context"
	"sync"
)

// Handler takes the callback of an event that this package does not know.
// plain is the XML inside the envelope: its signature, its age and its receiver
// were checked, and that it is for this corporation; everything else is for the
// handler to doubt. It returns nil once what the callback says is safe or needs
// no work; the platform is told so. After an error the same callback comes
// again, up to three times (path 90238).
//
// The context ends with the request, which the platform gives up after five
// seconds.
type Handler func(ctx context.Context, plain []byte) error

// foreign are the handlers of somebody else's events.
type foreign struct {
	mu  sync.RWMutex
	set map[string]Handler
}

// Handle gives the events of a name, such as "change_external_chat", to
// somebody else. Names that this package knows (subscribe, unsubscribe,
// enter_agent, click, template_card_event, template_card_menu_event) stay here.
func (a *App) Handle(event string, h Handler) {
	a.foreign.mu.Lock()
	defer a.foreign.mu.Unlock()
	if a.foreign.set == nil {
		a.foreign.set = map[string]Handler{}
	}
	a.foreign.set[event] = h
}

func (f *foreign) of(event string) Handler {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.set[event]
}

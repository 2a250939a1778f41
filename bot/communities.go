package bot

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"

	"qunmate/bot/chat"
	"qunmate/storage"
)

// homes remembers what was said of the communities of connections.
type homes struct {
	mu   sync.Mutex
	said map[string]bool
}

// HomeCommunity finds the community that a configuration names: by its number,
// "7" or "#7", or by its name. Of several with one name none is taken: a guess
// would put people's points where nobody expects them. It returns what fits;
// one is the answer.
func HomeCommunity(ctx context.Context, r *storage.Reader, name string) ([]storage.Community, error) {
	if n, err := strconv.ParseInt(strings.TrimPrefix(name, "#"), 10, 64); err == nil {
		c, err := r.Community(ctx, n)
		if err == nil {
			return []storage.Community{c}, nil
		}
		if !errors.Is(err, storage.ErrNotFound) {
			return nil, err
		}
	}
	return r.CommunitiesNamed(ctx, name)
}

// Communities lists the communities that a person can act in: those whose
// groups he is in, and in a 1:1 chat the one of the connection.
func (req *Request) Communities(ctx context.Context) ([]storage.Community, error) {
	all, err := req.Tx.CommunitiesOf(ctx, req.Account.PersonID)
	if err != nil || !req.Private {
		return all, err
	}
	home, err := req.connectionHome(ctx)
	if err != nil || home.ID == 0 {
		return all, err
	}
	req.home = home.ID
	if !slices.ContainsFunc(all, func(c storage.Community) bool { return c.ID == home.ID }) {
		all = append(all, home)
	}
	return all, nil
}

// communityLabel is a community in a list to choose from.
type communityLabel struct {
	Name   string
	Where  string // the network of its groups, where another one of the list has the same name
	Status string // how the command stands there
}

// communityLabels names communities so that they can be told apart: who is bound
// on two networks may be in a group of one name on both.
func (req *Request) communityLabels(ctx context.Context, all []storage.Community) ([]communityLabel, error) {
	named := map[string]int{}
	for _, c := range all {
		named[c.Name]++
	}
	out := make([]communityLabel, len(all))
	for i, c := range all {
		if out[i].Name = c.Name; named[c.Name] < 2 {
			continue
		}
		chats, err := req.Tx.ChatsOf(ctx, c.ID)
		if err != nil {
			return nil, err
		}
		if len(chats) > 0 {
			out[i].Where = chats[0].Domain
		}
	}
	return out, nil
}

// connectionHome is the community of the connection, zero if it names none or
// one that is not there: the operator may write it down before its group exists.
func (req *Request) connectionHome(ctx context.Context) (storage.Community, error) {
	return req.engine.homeOf(ctx, &req.Tx.Reader, req.via)
}

func (e *Engine) homeOf(ctx context.Context, r *storage.Reader, via string) (storage.Community, error) {
	name := e.Homes[via]
	if name == "" {
		return storage.Community{}, nil
	}
	found, err := HomeCommunity(ctx, r, name)
	if err != nil {
		return storage.Community{}, err
	}
	if len(found) == 1 {
		return found[0], nil
	}
	h := &e.homes
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.said[via] {
		if h.said == nil {
			h.said = map[string]bool{}
		}
		h.said[via] = true
		e.Log.Warn("the community of a connection is not clear; its members act in their own", "connection", via, "community", name, "found", len(found))
	}
	return storage.Community{}, nil
}

// goHome brings a group in which nobody can be heard into the community of its
// connection: nobody can type /community join there. A community in which
// somebody has something already is not left.
func (req *Request) goHome(ctx context.Context) error {
	home, err := req.connectionHome(ctx)
	if err != nil || home.ID == 0 || home.ID == req.Community {
		return err
	}
	lonely, err := req.Tx.Lonely(ctx, req.Chat)
	if err != nil || !lonely {
		return err
	}
	req.engine.Log.Info("a group joins the community of its connection", "chat", req.Chat.ID, "community", home.ID)
	req.Chat.CommunityID, req.Community = home.ID, home.ID
	return req.Tx.MoveChatTo(ctx, req.Chat.ID, home.ID)
}

// NoCommunity tells a person whom no community knows how to get into one.
func (req *Request) NoCommunity() error {
	return Refuse("common.no_community", struct {
		OneToOne, Bind bool
		Mention        string
	}{req.Caps.OneToOne, req.Can("bind"), req.Caps.Mention})
}

// NewCommunity makes a community with the program's zone and start of the day.
func (req *Request) NewCommunity(ctx context.Context, name string) (storage.Community, error) {
	return req.Tx.AddCommunity(ctx, name, req.engine.Timezone, req.engine.DayStart)
}

// AskCommunity refuses a command for which a community has to be chosen first.
func (req *Request) AskCommunity(ctx context.Context) error {
	return req.engine.askCommunity(ctx, req, req.engine.registry.commands[req.Command])
}

// Can reports whether the program has a command of that name.
func (req *Request) Can(command string) bool {
	_, ok := req.engine.registry.commands[command]
	return ok
}

// groupTitle names a group of which the platform tells no title, so that it
// can be spoken of.
func (e *Engine) groupTitle(c chat.Chat) (string, error) {
	if c.Title != "" {
		return c.Title, nil
	}
	name, err := e.Texts.Render(e.Language, "common.nameless_group", struct{ Tag string }{tagOf(c.Ref)})
	return chat.Plain(name), err
}

// personName names a person of whom the platform tells no name and whose id
// says nothing to anybody.
func (e *Engine) personName(ref chat.Ref) (string, error) {
	name, err := e.Texts.Render(e.Language, "common.nameless", struct{ Tag string }{tagOf(ref)})
	return chat.Plain(name), err
}

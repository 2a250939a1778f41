package settings

import (
	"context"

	"qunmate/bot"
	"qunmate/storage"
)

// namesShown bounds each list of names.
const namesShown = 10

// people are names of one kind, shortened.
type people struct {
	Names []string
	More  int
}

func (p *people) add(name string) {
	if len(p.Names) < namesShown {
		p.Names = append(p.Names, name)
	} else {
		p.More++
	}
}

type adminsView struct {
	Platform, Added, Hosts, Operators people
	List                              bool // the platform has administrators of its own
}

// admins lists who administers here, by names only.
func admins(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if req.Args.Len() > 0 {
		return bot.Reply{}, bot.Refuse("settings.admin_unknown", struct{ Word string }{req.Args.Word(0)})
	}
	holders, err := req.Tx.RoleHolders(ctx, req.Chat.ID)
	if err != nil {
		return bot.Reply{}, err
	}
	view := adminsView{List: req.Caps.AdminList}
	for _, h := range holders {
		switch {
		case h.Role == storage.RoleHost:
			view.Hosts.add(h.Account.Name)
		case h.Source == storage.FromPlatform:
			view.Platform.add(h.Account.Name)
		default:
			view.Added.add(h.Account.Name)
		}
	}
	operators, err := req.Operators(ctx)
	seen := map[int64]bool{}
	for _, a := range operators {
		if !seen[a.PersonID] {
			seen[a.PersonID] = true
			view.Operators.add(a.Name)
		}
	}
	return bot.Reply{Template: "settings.admins", Data: view}, err
}

// roleState is what an audit row keeps of a role given or taken by command. It
// holds no name: who is erased must not live on in the audit.
type roleState struct {
	Account int64  `json:"account"`
	Role    string `json:"role"` // "" = none
}

type roleView struct {
	Name     string
	Role     string
	Was      string // the role given by command before
	Platform bool   // administers on the platform's own account
	List     bool   // the platform has administrators of its own
	Audit    int64
}

// standing finds what a person holds in the chat: the role given by command,
// with the account that has it, and whether the platform names him.
func standing(ctx context.Context, req *bot.Request, who storage.Account) (added roleState, platform bool, err error) {
	added = roleState{Account: who.ID}
	holders, err := req.Tx.RoleHolders(ctx, req.Chat.ID)
	for _, h := range holders {
		if h.Account.PersonID != who.PersonID {
			continue
		}
		if h.Source == storage.FromPlatform {
			platform = true
		} else {
			added.Account, added.Role = h.Account.ID, h.Role
		}
	}
	return added, platform, err
}

// whom finds the person that /admin add and /admin remove speak of, and the
// words after him.
func whom(ctx context.Context, req *bot.Request) (storage.Account, bot.Args, error) {
	ev := req.Event
	quoted := !ev.Quoted.Ref.IsZero() && !ev.Quoted.Bot
	if req.Args.Len() == 0 && !quoted && len(ev.Mentions) == 0 {
		return storage.Account{}, req.Args, bot.Refuse("settings.admin_who", struct{ Command string }{req.Command})
	}
	who, used, err := req.Who(ctx, req.Args.Word(0))
	args := req.Args
	if used {
		args = args.From(1)
	}
	return who, args, err
}

func addAdmin(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	who, args, err := whom(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	role := storage.RoleAdmin
	// A mention by id can leave a second name behind: only the last word counts.
	switch word := args.Lower(args.Len() - 1); {
	case word == "":
	case req.Names().Word(word) == "host":
		role = storage.RoleHost
	case req.Names().Word(word) == "admin", len(req.Event.Mentions) > 0:
	default:
		return bot.Reply{}, bot.Refuse("settings.admin_role", struct{ Word, Name string }{args.Word(args.Len() - 1), who.Name})
	}
	before, platform, err := standing(ctx, req, who)
	if err != nil {
		return bot.Reply{}, err
	}
	view := roleView{Name: who.Name, Role: role, Was: before.Role, Platform: platform, List: req.Caps.AdminList}
	if before.Role == role {
		return bot.Reply{Template: "settings.admin_same", Data: view}, nil
	}
	after := roleState{before.Account, role}
	view.Audit, err = giveRole(ctx, req, before, after)
	return bot.Reply{Template: "settings.admin_added", Data: view}, err
}

func removeAdmin(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	who, _, err := whom(ctx, req)
	if err != nil {
		return bot.Reply{}, err
	}
	before, platform, err := standing(ctx, req, who)
	if err != nil {
		return bot.Reply{}, err
	}
	view := roleView{Name: who.Name, Was: before.Role, Platform: platform, List: req.Caps.AdminList}
	if before.Role == "" {
		return bot.Reply{}, bot.Refuse("settings.admin_none", view)
	}
	view.Audit, err = giveRole(ctx, req, before, roleState{before.Account, ""})
	return bot.Reply{Template: "settings.admin_removed", Data: view}, err
}

// giveRole writes a role, "" for none, and the audit row to undo it by.
func giveRole(ctx context.Context, req *bot.Request, before, after roleState) (int64, error) {
	if err := req.Tx.SetRole(ctx, req.Chat.ID, after.Account, after.Role, storage.FromCommand); err != nil {
		return 0, err
	}
	return req.Audit(ctx, actionAdmin, before, after, "", true)
}

// undoAdmin gives back the role from before. The chat is that of the change: it
// can be undone from any chat of the community.
func undoAdmin(ctx context.Context, req *bot.Request, row storage.Audited) (bot.Reply, error) {
	before, after, err := audited[roleState](row)
	if err != nil {
		return bot.Reply{}, err
	}
	holders, err := req.Tx.RoleHolders(ctx, row.ChatID)
	if err != nil {
		return bot.Reply{}, err
	}
	role := ""
	for _, h := range holders {
		if h.Account.ID == after.Account && h.Source == storage.FromCommand {
			role = h.Role
		}
	}
	if role != after.Role {
		return bot.Reply{}, overtaken(row)
	}
	who, err := req.Tx.Account(ctx, before.Account)
	if err != nil {
		return bot.Reply{}, err
	}
	view := roleView{Name: who.Name, Role: before.Role}
	return bot.Reply{Template: "settings.admin_undone", Data: view}, req.Tx.SetRole(ctx, row.ChatID, before.Account, before.Role, storage.FromCommand)
}

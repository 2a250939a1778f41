package storage

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"
)

// PersonData is everything that is kept of one person, for /mydata export. It
// is made to be written as JSON; instants are RFC 3339 in UTC.
type PersonData struct {
	PersonID    int64              `json:"person_id"`
	Name        string             `json:"name"`
	Since       time.Time          `json:"since"`
	Settings    PersonSettings     `json:"settings"`
	Accounts    []PersonAccount    `json:"accounts"`
	Memberships []PersonMembership `json:"memberships"`
	Presence    []PersonPresence   `json:"presence"`
	Binds       []PersonBind       `json:"binds,omitempty"`
	Polls       []PersonPoll       `json:"polls,omitempty"`
	Draws       []PersonDraw       `json:"draws"`
	Signups     []PersonSignup     `json:"signups,omitempty"`
	Feedback    []PersonFeedback   `json:"feedback,omitempty"`
	Questions   []PersonQuestion   `json:"questions,omitempty"`
	// DirectMessages is what the person said about them; nil if nothing.
	DirectMessages *PersonDMs         `json:"direct_messages,omitempty"`
	Quiz           []PersonQuizAnswer `json:"quiz"`
	Practice       []PersonPractice   `json:"practice,omitempty"` // answers to practice questions of quizzes
	Invites        []PersonInvite     `json:"invites"`
	Milestones     []PersonMilestone  `json:"invite_milestones"`
	Requests       []PersonRequest    `json:"join_requests"`
	Said           []PersonLine       `json:"said"` // short messages of the last 30 days, oldest first
}

// PersonDraw is a ticket, with the salt that finds its line in the receipt.
type PersonDraw struct {
	Draw      int64     `json:"draw"`
	Ticket    int64     `json:"ticket"`
	State     string    `json:"state"`
	EnteredAt time.Time `json:"entered_at"`
	Cost      int64     `json:"cost,omitempty"`
	Weight    int64     `json:"weight"`
	Who       string    `json:"who"`
	Salt      string    `json:"salt"`
	Prize     *int      `json:"prize,omitempty"`       // its index in the receipt, if one was drawn
	PrizeIs   string    `json:"prize_state,omitempty"` // won, claimed, moved or void
	Delivery  string    `json:"delivery,omitempty"`    // what he wrote, while it is kept
	Code      bool      `json:"code_given,omitempty"`  // a code of the pool went to this ticket
}

// PersonSettings is what a person chose.
type PersonSettings struct {
	Language string `json:"language"`       // "" = the default
	Home     int64  `json:"home_community"` // of private commands, 0 = none
	Operator bool   `json:"operator"`
}

// PersonAccount is one identity on one platform.
type PersonAccount struct {
	Domain     string    `json:"domain"`
	ExternalID string    `json:"external_id"`
	Name       string    `json:"name"`
	Username   string    `json:"username,omitempty"`
	Language   string    `json:"language,omitempty"`
	UpdatedAt  time.Time `json:"updated_at"`
}

// PersonMembership is what a person has in one community, and how it came.
type PersonMembership struct {
	CommunityID int64           `json:"community_id"`
	Community   string          `json:"community"`
	Since       time.Time       `json:"since"`
	Balance     int64           `json:"balance"`
	Pending     int64           `json:"pending"`
	Cards       int64           `json:"cards"`
	Streak      int             `json:"streak"`
	BestStreak  int             `json:"best_streak"`
	LastDay     string          `json:"last_day"`
	Hidden      bool            `json:"hidden_in_rankings"`
	Ledger      []PersonEntry   `json:"ledger"` // oldest first
	Checkins    []PersonCheckin `json:"checkins"`
}

// PersonEntry is a line of the ledger.
type PersonEntry struct {
	ID       int64           `json:"id"`
	Unit     Unit            `json:"unit"`
	Amount   int64           `json:"amount"`
	Kind     string          `json:"kind"`
	Cause    string          `json:"cause"`
	Rule     int             `json:"rule,omitempty"`
	Day      string          `json:"day"`
	At       time.Time       `json:"at"`
	Reverses int64           `json:"reverses,omitempty"`
	Detail   json.RawMessage `json:"detail"`
}

// PersonCheckin is a day on which a person checked in, or that was repaired.
type PersonCheckin struct {
	Day      string    `json:"day"`
	At       time.Time `json:"at"`
	Place    int       `json:"place,omitempty"`
	Gained   int64     `json:"gained"`
	Streak   int       `json:"streak"`
	Repaired bool      `json:"repaired,omitempty"`
}

// PersonBind is a bind of his accounts, and what it moved.
type PersonBind struct {
	At       time.Time `json:"at"`
	State    string    `json:"state"`
	Accounts []string  `json:"accounts"` // that came, as domain:id
	Points   int64     `json:"points"`
}

// PersonPresence is a stay in a chat.
type PersonPresence struct {
	Chat          string     `json:"chat"`
	ChatID        int64      `json:"chat_id"`
	Domain        string     `json:"domain"`
	Present       bool       `json:"present"`
	JoinedAt      time.Time  `json:"joined_at"`
	LeftAt        *time.Time `json:"left_at,omitempty"`
	Joins         int        `json:"joins"`
	Messages      int64      `json:"messages"`
	LastMessageAt *time.Time `json:"last_message_at,omitempty"`
	Roles         []string   `json:"roles,omitempty"`  // in this chat
	Source        string     `json:"source,omitempty"` // of the QR code by which he came into a customer group
}

// PersonData gathers what is kept of a person, or ErrNotFound. What others did
// to him (who adjusted his points) is told without naming them.
func (r *Reader) PersonData(ctx context.Context, personID int64) (PersonData, error) {
	p, err := r.Person(ctx, personID)
	if err != nil {
		return PersonData{}, err
	}
	d := PersonData{
		PersonID: p.ID, Name: p.Name, Since: FromMillis(p.CreatedAt),
		Settings: PersonSettings{p.Language, p.Home, p.Operator},
	}
	accounts, err := r.AccountsOf(ctx, personID)
	if err != nil {
		return d, err
	}
	d.Accounts = []PersonAccount{}
	for _, a := range accounts {
		d.Accounts = append(d.Accounts, PersonAccount{a.Domain, a.ExternalID, a.Name, a.Username, a.Language, FromMillis(a.UpdatedAt)})
	}
	if d.Memberships, err = r.personMemberships(ctx, personID); err != nil {
		return d, err
	}
	if d.Presence, err = r.personPresence(ctx, personID); err != nil {
		return d, err
	}
	if d.Draws, err = r.personDraws(ctx, personID); err != nil {
		return d, err
	}
	if d.Polls, err = r.personPolls(ctx, personID); err != nil {
		return d, err
	}
	if d.Signups, err = r.personSignups(ctx, personID); err != nil {
		return d, err
	}
	if d.Invites, err = r.personInvites(ctx, personID); err != nil {
		return d, err
	}
	if d.Milestones, err = r.personMilestones(ctx, personID); err != nil {
		return d, err
	}
	if d.Requests, err = r.personRequests(ctx, personID); err != nil {
		return d, err
	}
	if d.Quiz, err = r.personQuiz(ctx, personID); err != nil {
		return d, err
	}
	if d.Practice, err = r.personPractice(ctx, personID); err != nil {
		return d, err
	}
	if d.Said, err = r.personLines(ctx, personID); err != nil {
		return d, err
	}
	if d.Feedback, err = r.personFeedback(ctx, personID); err != nil {
		return d, err
	}
	if d.Questions, err = r.personQuestions(ctx, personID); err != nil {
		return d, err
	}
	if d.Binds, err = r.personBinds(ctx, personID); err != nil {
		return d, err
	}
	d.DirectMessages, err = r.personDMs(ctx, personID)
	return d, err
}

func (r *Reader) personDraws(ctx context.Context, personID int64) ([]PersonDraw, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, d *PersonDraw) error {
		var entered int64
		err := rows.Scan(&d.Draw, &d.Ticket, &d.State, &entered, &d.Cost, &d.Weight, &d.Who, &d.Salt, &d.Prize, &d.PrizeIs, &d.Delivery, &d.Code)
		d.EnteredAt = FromMillis(entered)
		return err
	}, `SELECT e.draw_id, e.ticket, e.state, e.entered_at, e.cost, e.weight, e.who, e.salt, w.prize, coalesce(w.state, ''), coalesce(w.delivery, ''),
			EXISTS (SELECT 1 FROM draw_codes c WHERE c.draw_id = e.draw_id AND c.ticket = e.ticket)
		FROM draw_entries e LEFT JOIN draw_wins w ON w.draw_id = e.draw_id AND w.ticket = e.ticket WHERE e.person_id = ? ORDER BY e.draw_id, e.ticket`, personID)
	if out == nil {
		out = []PersonDraw{}
	}
	return out, err
}

func (r *Reader) personMemberships(ctx context.Context, personID int64) ([]PersonMembership, error) {
	members, err := r.AllMembershipsOf(ctx, personID)
	if err != nil {
		return nil, err
	}
	out := []PersonMembership{}
	for _, m := range members {
		c, err := r.Community(ctx, m.CommunityID)
		if err != nil {
			return nil, err
		}
		v := PersonMembership{
			CommunityID: c.ID, Community: c.Name, Since: FromMillis(m.CreatedAt), Balance: m.Balance, Pending: m.Pending, Cards: m.Cards,
			Streak: m.Streak, BestStreak: m.BestStreak, LastDay: m.LastDay, Hidden: m.Hidden, Ledger: []PersonEntry{}, Checkins: []PersonCheckin{},
		}
		entries, err := list(ctx, r, func(rows *sql.Rows, e *Entry) error { return scanEntry(rows, e) },
			"SELECT "+entryColumns+" FROM ledger WHERE member_id = ? ORDER BY id", m.ID)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			v.Ledger = append(v.Ledger, PersonEntry{e.ID, e.Unit, e.Amount, e.Kind, e.Cause, e.Rule, e.Day, e.At, e.Reverses, json.RawMessage(e.Detail)})
		}
		checkins, err := list(ctx, r, func(rows *sql.Rows, c *Checkin) error { return scanCheckin(rows, c) },
			"SELECT "+checkinColumns+" FROM checkins WHERE member_id = ? ORDER BY day", m.ID)
		if err != nil {
			return nil, err
		}
		for _, c := range checkins {
			v.Checkins = append(v.Checkins, PersonCheckin{c.Day, c.At, c.Place, c.Gained, c.Streak, c.Repaired})
		}
		out = append(out, v)
	}
	return out, nil
}

func (r *Reader) personPresence(ctx context.Context, personID int64) ([]PersonPresence, error) {
	out, err := list(ctx, r, func(rows *sql.Rows, p *PersonPresence) error {
		var joined, left, last int64
		var roles string
		if err := rows.Scan(&p.Chat, &p.ChatID, &p.Domain, &p.Present, &joined, &left, &p.Joins, &p.Messages, &last, &roles, &p.Source); err != nil {
			return err
		}
		p.JoinedAt, p.LeftAt, p.LastMessageAt = FromMillis(joined), instantOrNil(left), instantOrNil(last)
		return json.Unmarshal([]byte(roles), &p.Roles)
	}, `SELECT h.title, h.id, h.domain, x.present, x.joined_at, x.left_at, x.joins, x.messages, x.last_message_at,
			(SELECT json_group_array(DISTINCT c.role) FROM chat_admins c WHERE c.chat_id = x.chat_id AND c.account_id = x.account_id),
			COALESCE((SELECT max(m.state) FROM contact_members m WHERE m.user = a.external_id AND m.chat = h.external_id AND h.domain = 'wecom'), '')
		FROM accounts a JOIN presence x ON x.account_id = a.id JOIN chats h ON h.id = x.chat_id
		WHERE a.person_id = ? ORDER BY x.joined_at, h.id`, personID)
	if out == nil {
		out = []PersonPresence{}
	}
	return out, err
}

func instantOrNil(ms int64) *time.Time {
	if ms == 0 {
		return nil
	}
	t := FromMillis(ms)
	return &t
}

func (r *Reader) personBinds(ctx context.Context, personID int64) ([]PersonBind, error) {
	return list(ctx, r, func(rows *sql.Rows, b *PersonBind) error {
		var at int64
		var accounts string
		err := rows.Scan(&at, &b.State, &accounts, &b.Points)
		if b.At = FromMillis(at); err != nil {
			return err
		}
		return json.Unmarshal([]byte(accounts), &b.Accounts)
	}, merged+` SELECT b.created_at, b.state,
			(SELECT json_group_array(a.domain || ':' || a.external_id) FROM bind_accounts x JOIN accounts a ON a.id = x.account_id WHERE x.bind_id = b.id),
			(SELECT COALESCE(sum(points), 0) FROM bind_members m WHERE m.bind_id = b.id)
		FROM binds b JOIN self ON self.id = b.into_person ORDER BY b.id`, personID)
}

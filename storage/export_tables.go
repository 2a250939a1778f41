package storage

import "slices"

// Columns that several files share: whose row it is.
var memberExport = []exportColumn{
	{name: "community_id", value: "m.community_id"},
	{name: "community", value: "c.name"},
	{name: "member_id", value: "m.id"},
	{name: "name", value: "p.name"},
}

const memberJoin = " JOIN members m ON m.id = x.member_id JOIN people p ON p.id = m.person_id JOIN communities c ON c.id = m.community_id "

// exports are the files of Export. Rows come in the order in which they were
// made, so that two exports can be compared.
var exports = []exported{
	{
		// Who is where, with what. accounts is a list like "telegram:1 wecom:a".
		name: "members", community: "m.community_id",
		from: "members m JOIN people p ON p.id = m.person_id JOIN communities c ON c.id = m.community_id ORDER BY m.id",
		columns: slices.Concat(memberExport, []exportColumn{
			{name: "person_id", value: "p.id"},
			{name: "accounts", value: "(SELECT group_concat(domain || ':' || external_id, ' ' ORDER BY id) FROM accounts WHERE person_id = p.id)"},
			{name: "balance", value: "m.balance"},
			{name: "pending", value: "m.pending"},
			{name: "cards", value: "m.cards"},
			{name: "streak", value: "m.streak"},
			{name: "best_streak", value: "m.best_streak"},
			{name: "last_day", value: "m.last_day"},
			{name: "hidden", value: "m.hidden"},
			{name: "erased", value: "p.erased_at <> 0"},
			{name: "created_at", value: "m.created_at", instant: true},
		}),
	},
	{
		// Every movement of points and promised points.
		name: "ledger", community: "m.community_id",
		from:    "ledger x" + memberJoin + "WHERE x.unit IN ('points', 'pending') ORDER BY x.id",
		columns: slices.Concat([]exportColumn{{name: "id", value: "x.id"}}, memberExport, []exportColumn{{name: "unit", value: "x.unit"}}, entryExport),
	},
	{
		// Every movement of make-up cards.
		name: "cards", community: "m.community_id",
		from:    "ledger x" + memberJoin + "WHERE x.unit = 'card' ORDER BY x.id",
		columns: slices.Concat([]exportColumn{{name: "id", value: "x.id"}}, memberExport, entryExport),
	},
	{
		// Every check-in and repaired day. place is 0 for a repaired day.
		name: "checkins", community: "m.community_id",
		from: "checkins x" + memberJoin + "ORDER BY x.member_id, x.day",
		columns: slices.Concat(memberExport, []exportColumn{
			{name: "day", value: "x.day"},
			{name: "at", value: "x.at", instant: true},
			{name: "place", value: "x.place"},
			{name: "gained", value: "x.gained"},
			{name: "streak", value: "x.streak"},
			{name: "repaired", value: "x.repaired"},
			{name: "chat", value: "(SELECT title FROM chats WHERE id = x.chat_id)"},
		}),
	},
	{
		// Every draw that was published. commitment and hashes as they were announced.
		name: "draws", community: "x.community_id",
		from: "draws x JOIN communities c ON c.id = x.community_id WHERE x.opened_at > 0 ORDER BY x.id",
		columns: []exportColumn{
			{name: "draw", value: "x.id"},
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "state", value: "x.state"},
			{name: "mode", value: "x.mode"},
			{name: "cost", value: "x.cost"},
			{name: "entrants", value: "(SELECT count(*) FROM draw_entries WHERE draw_id = x.id AND state = 'in')"},
			{name: "winners", value: "(SELECT count(*) FROM draw_wins WHERE draw_id = x.id AND state IN ('won', 'claimed'))"},
			{name: "claimed", value: "(SELECT count(*) FROM draw_wins WHERE draw_id = x.id AND state = 'claimed')"},
			{name: "opened_at", value: "x.opened_at", instant: true},
			{name: "closes_at", value: "x.closes_at", instant: true},
			{name: "drawn_at", value: "x.drawn_at", instant: true},
			{name: "commitment", value: "x.commitment"},
			{name: "beacon", value: "x.beacon"},
			{name: "round", value: "x.round"},
			{name: "list_sha256", value: "x.list_sha256"},
			{name: "reason", value: "x.reason"},
			{name: "rules", value: "x.rules"},
		},
	},
	{
		// Every ticket, and what became of it. What winners wrote for a delivery is not in it.
		name: "draw_entries", community: "m.community_id",
		from: "draw_entries x" + memberJoin + `LEFT JOIN draw_wins w ON w.draw_id = x.draw_id AND w.ticket = x.ticket ORDER BY x.draw_id, x.ticket`,
		columns: slices.Concat([]exportColumn{{name: "draw", value: "x.draw_id"}, {name: "ticket", value: "x.ticket"}}, memberExport, []exportColumn{
			{name: "who", value: "x.who"},
			{name: "weight", value: "x.weight"},
			{name: "cost", value: "x.cost"},
			{name: "state", value: "x.state"},
			{name: "entered_at", value: "x.entered_at", instant: true},
			{name: "left_at", value: "x.left_at", instant: true},
			{name: "prize", value: "w.prize"},
			{name: "prize_state", value: "w.state"},
			{name: "claimed_at", value: "coalesce(w.claimed_at, 0)", instant: true},
		}),
	},
	{
		// Every option of every poll with its votes. ended_at is when it was closed.
		name: "polls", community: "x.community_id",
		from: "polls x JOIN communities c ON c.id = x.community_id JOIN poll_options o ON o.poll_id = x.id ORDER BY x.id, o.place",
		columns: []exportColumn{
			{name: "poll", value: "x.id"},
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "question", value: "x.question"},
			{name: "place", value: "o.place"},
			{name: "option", value: "o.text"},
			{name: "votes", value: "CASE WHEN x.hidden = 1 AND x.state = 'open' THEN '' ELSE o.votes END"},
			{name: "voters", value: "(SELECT count(*) FROM poll_votes v WHERE v.poll_id = x.id)"},
			{name: "several", value: "x.multi"},
			{name: "anonymous", value: "x.anonymous"},
			{name: "hidden", value: "x.hidden"},
			{name: "state", value: "x.state"},
			{name: "opened_at", value: "x.opened_at", instant: true},
			{name: "ends_at", value: "x.ends_at", instant: true},
			{name: "closed_at", value: "x.closed_at", instant: true},
		},
	},
	{
		// Who voted, and for what: of anonymous polls, and of hidden ones that are
		// open, only that. at is empty for anonymous polls.
		name: "poll_votes", community: "x.community_id",
		from: `poll_votes v JOIN polls x ON x.id = v.poll_id JOIN communities c ON c.id = x.community_id JOIN people p ON p.id = v.person_id
			LEFT JOIN poll_choices ch ON ch.poll_id = v.poll_id AND ch.person_id = v.person_id AND (x.hidden = 0 OR x.state = 'closed')
			LEFT JOIN poll_options o ON o.poll_id = ch.poll_id AND o.place = ch.place ORDER BY v.poll_id, v.person_id, ch.place`,
		columns: []exportColumn{
			{name: "poll", value: "v.poll_id"},
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "person_id", value: "v.person_id"},
			{name: "name", value: "p.name"},
			{name: "place", value: "ch.place"},
			{name: "option", value: "o.text"},
			{name: "at", value: "v.at", instant: true},
		},
	},
	{
		// Every sign-up list. taken counts those who are brought along.
		name: "signups", community: "x.community_id",
		from: "signups x JOIN communities c ON c.id = x.community_id ORDER BY x.id",
		columns: []exportColumn{
			{name: "signup", value: "x.id"},
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "title", value: "x.title"},
			{name: "state", value: "x.state"},
			{name: "seats", value: "x.seats"},
			{name: "taken", value: "(SELECT COALESCE(sum(1 + extra), 0) FROM signup_entries e WHERE e.signup_id = x.id AND e.state = 'in')"},
			{name: "waiting", value: "(SELECT count(*) FROM signup_entries e WHERE e.signup_id = x.id AND e.state = 'waiting')"},
			{name: "opened_at", value: "x.opened_at", instant: true},
			{name: "ends_at", value: "x.ends_at", instant: true},
			{name: "event_at", value: "x.event_at", instant: true},
			{name: "closed_at", value: "x.closed_at", instant: true},
			{name: "reason", value: "x.reason"},
		},
	},
	{
		// Every line of every list in order, those who left included.
		name: "signup_entries", community: "s.community_id",
		from: "signup_entries x JOIN signups s ON s.id = x.signup_id JOIN people p ON p.id = x.person_id JOIN communities c ON c.id = s.community_id ORDER BY x.signup_id, x.id",
		columns: []exportColumn{
			{name: "signup", value: "x.signup_id"},
			{name: "community_id", value: "s.community_id"},
			{name: "community", value: "c.name"},
			{name: "person_id", value: "x.person_id"},
			{name: "name", value: "p.name"},
			{name: "chat", value: "(SELECT CASE kind WHEN 'private' THEN '' ELSE title END FROM chats WHERE id = x.chat_id)"},
			{name: "extra", value: "x.extra"},
			{name: "note", value: "x.note"},
			{name: "state", value: "x.state"},
			{name: "at", value: "x.at", instant: true},
			{name: "moved_at", value: "x.moved_at", instant: true},
			{name: "left_at", value: "x.left_at", instant: true},
		},
	},
	{
		// Every ticket; reply is the newest answer.
		name: "feedback", community: "x.community_id",
		from: "feedback x JOIN communities c ON c.id = x.community_id JOIN accounts a ON a.id = x.account_id ORDER BY x.id",
		columns: []exportColumn{
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "number", value: "x.number"},
			{name: "person_id", value: "a.person_id"},
			{name: "name", value: "a.name"},
			{name: "chat", value: "(SELECT CASE kind WHEN 'private' THEN '' ELSE title END FROM chats WHERE id = x.chat_id)"},
			{name: "text", value: "x.text"},
			{name: "state", value: "x.state"},
			{name: "reply", value: "coalesce((SELECT r.text FROM feedback_replies r WHERE r.feedback_id = x.id ORDER BY r.id DESC LIMIT 1), '')"},
			{name: "created_at", value: "x.created_at", instant: true},
			{name: "closed_at", value: "x.closed_at", instant: true},
		},
	},
	{
		// Every letter of the last 90 days and what became of it, without its text.
		name: "deliveries", community: "coalesce(h.community_id, 0)",
		from: "outbox x JOIN chats h ON h.id = x.chat_id ORDER BY x.id",
		columns: []exportColumn{
			{name: "id", value: "x.id"},
			{name: "community_id", value: "coalesce(h.community_id, 0)"},
			{name: "connection", value: "x.connection"},
			{name: "via", value: "x.via"},
			{name: "chat", value: "h.title"},
			{name: "chat_kind", value: "h.kind"},
			{name: "verb", value: "x.verb"},
			{name: "kind", value: "x.kind"},
			{name: "lane", value: "CASE x.lane WHEN 0 THEN 'answer' WHEN 1 THEN 'activity' ELSE 'broadcast' END"},
			{name: "state", value: "x.state"},
			{name: "attempts", value: "x.attempts"},
			{name: "created_at", value: "x.created_at", instant: true},
			{name: "settled_at", value: "x.settled_at", instant: true},
			{name: "folded_into", value: "x.into_id"},
			{name: "error", value: "x.error"},
		},
	},
	{
		// What platforms counted by themselves in groups where the bot hears nothing, a
		// row per connection and day.
		name: "counted_days", community: "0",
		from: "counted_days x ORDER BY x.connection, x.day",
		columns: []exportColumn{
			{name: "connection", value: "x.connection"},
			{name: "day", value: "x.day"},
			{name: "groups", value: "x.groups"},
			{name: "members", value: "x.members"},
			{name: "new_members", value: "x.new_members"},
			{name: "talkers", value: "x.talkers"},
			{name: "messages", value: "x.messages"},
		},
	},
	{
		// What became of every announcement in every chat; people who got it as a
		// direct message are not named.
		name: "announcements", community: "a.community_id",
		from: `announcements a JOIN announcement_targets t ON t.announcement_id = a.id JOIN chats h ON h.id = t.chat_id
			LEFT JOIN announcement_letters l ON l.announcement_id = a.id AND l.chat_id = t.chat_id
			LEFT JOIN outbox o ON o.id = l.letter_id ORDER BY a.id, t.position, l.kind, l.try`,
		columns: []exportColumn{
			{name: "id", value: "a.id"},
			{name: "community_id", value: "a.community_id"},
			{name: "target", value: "a.target"},
			{name: "corrects", value: "a.corrects"},
			{name: "announcement_state", value: "a.state"},
			{name: "created_at", value: "a.created_at", instant: true},
			{name: "due_at", value: "a.due_at", instant: true},
			{name: "sent_at", value: "a.sent_at", instant: true},
			{name: "position", value: "t.position"},
			{name: "chat", value: "CASE h.kind WHEN 'private' THEN '' ELSE h.title END"},
			{name: "domain", value: "h.domain"},
			{name: "letter_kind", value: "coalesce(l.kind, '')"},
			{name: "try", value: "coalesce(l.try, 0)"},
			{name: "letter_id", value: "coalesce(l.letter_id, 0)"},
			{name: "state", value: "coalesce(o.state, l.state, '')"},
			{name: "settled_at", value: "coalesce(o.settled_at, l.settled_at, 0)", instant: true},
			{name: "error", value: "coalesce(o.error, l.error, '')"},
		},
	},
	{
		// Posts at set times; rule is JSON.
		name: "schedules", community: "coalesce(h.community_id, 0)",
		from: "schedules x JOIN schedule_chats g ON g.schedule_id = x.id JOIN chats h ON h.id = g.chat_id LEFT JOIN queues q ON q.id = x.queue_id ORDER BY x.id, g.position",
		columns: []exportColumn{
			{name: "id", value: "x.id"},
			{name: "community_id", value: "coalesce(h.community_id, 0)"},
			{name: "chat", value: "h.title"},
			{name: "name", value: "x.name"},
			{name: "rule", value: "x.rule"},
			{name: "template", value: "x.template"},
			{name: "body", value: "x.body"},
			{name: "queue", value: "coalesce(q.name, '')"},
			{name: "missed", value: "x.missed"},
			{name: "late_minutes", value: "x.late"},
			{name: "quiet", value: "x.quiet"},
			{name: "state", value: "x.state"},
			{name: "created_by", value: "(SELECT name FROM people WHERE id = x.created_by)"},
			{name: "created_at", value: "x.created_at", instant: true},
		},
	},
	{
		// Every instant of a post and what became of it.
		name: "occurrences", community: "coalesce(h.community_id, 0)",
		from: "occurrences x JOIN chats h ON h.id = x.chat_id ORDER BY x.id",
		columns: []exportColumn{
			{name: "id", value: "x.id"},
			{name: "community_id", value: "coalesce(h.community_id, 0)"},
			{name: "chat", value: "h.title"},
			{name: "job", value: "x.job"},
			{name: "due_at", value: "x.due_at", instant: true},
			{name: "state", value: "x.state"},
			{name: "reason", value: "x.reason"},
			{name: "moved_to", value: "x.moved_to", instant: true},
			{name: "queue_item", value: "(SELECT i.number FROM queue_picks k JOIN queue_items i ON i.id = k.item_id WHERE k.occurrence_id = x.id)"},
			{name: "started_at", value: "x.started_at", instant: true},
			{name: "settled_at", value: "x.settled_at", instant: true},
			{name: "letter", value: "x.letter_id"},
		},
	},
	{
		// Every text of every queue of posts.
		name: "queues", community: "q.community_id",
		from: "queue_items x JOIN queues q ON q.id = x.queue_id JOIN communities c ON c.id = q.community_id ORDER BY q.id, x.number",
		columns: []exportColumn{
			{name: "queue_id", value: "q.id"},
			{name: "community_id", value: "q.community_id"},
			{name: "community", value: "c.name"},
			{name: "queue", value: "q.name"},
			{name: "mode", value: "q.mode"},
			{name: "queue_state", value: "q.state"},
			{name: "number", value: "x.number"},
			{name: "body", value: "x.body"},
			{name: "weight", value: "x.weight"},
			{name: "state", value: "x.state"},
			{name: "picked", value: "(SELECT count(*) FROM queue_picks k WHERE k.item_id = x.id)"},
			{name: "created_by", value: "(SELECT name FROM people WHERE id = x.created_by)"},
			{name: "created_at", value: "x.created_at", instant: true},
		},
	},
	{
		// Every version of the reward rules; data is JSON.
		name: "rules", community: "x.community_id",
		from: "rules x JOIN communities c ON c.id = x.community_id ORDER BY x.community_id, x.family, x.version",
		columns: []exportColumn{
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "family", value: "x.family"},
			{name: "version", value: "x.version"},
			{name: "from_at", value: "x.from_at", instant: true},
			{name: "data", value: "x.data"},
			{name: "audit_id", value: "x.audit_id"},
			{name: "created_at", value: "x.created_at", instant: true},
		},
	},
	{
		// Who changed what; before and after are JSON.
		name: "audit", community: "x.community_id",
		from: "audit x ORDER BY x.id",
		columns: []exportColumn{
			{name: "id", value: "x.id"},
			{name: "community_id", value: "x.community_id"},
			{name: "chat", value: "(SELECT title FROM chats WHERE id = x.chat_id)"},
			{name: "person_id", value: "x.person_id"},
			{name: "name", value: "(SELECT name FROM people WHERE id = x.person_id)"},
			{name: "action", value: "x.action"},
			{name: "before", value: "x.before"},
			{name: "after", value: "x.after"},
			{name: "reason", value: "x.reason"},
			{name: "at", value: "x.at", instant: true},
			{name: "undone_by", value: "x.undone_by"},
		},
	},
}

// entryExport is what a movement says. cause is unique per member and unit;
// reverses is the id of the entry that is taken back.
var entryExport = []exportColumn{
	{name: "amount", value: "x.amount"},
	{name: "kind", value: "x.kind"},
	{name: "cause", value: "x.cause"},
	{name: "rule", value: "x.rule"},
	{name: "day", value: "x.day"},
	{name: "at", value: "x.at", instant: true},
	{name: "actor", value: "(SELECT name FROM people WHERE id = x.actor_id)"},
	{name: "reverses", value: "x.reverses"},
	{name: "detail", value: "x.detail"},
}

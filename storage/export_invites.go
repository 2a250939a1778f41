package storage

// Files that commands give out, too.
const (
	ExportInvites = "invites"
	ExportJoins   = "invite_joins"
)

// leftOf is when the person of an invite left after it, 0 if he is there, null
// where joins are not told.
const leftOf = "SELECT j.left_at FROM invite_joins j WHERE j.community_id = x.community_id AND j.person_id = x.invited_id ORDER BY j.id DESC LIMIT 1"

// inviteExports are the files of Export about invites and joins.
var inviteExports = []exported{
	{
		// Everybody who was brought, by whom, and what became of it. reward and
		// newcomer are what the rule of that time promised; kept_days is how long
		// he stayed, empty as long as he is there.
		name: ExportInvites, community: "x.community_id",
		from: "invites x JOIN communities c ON c.id = x.community_id ORDER BY x.id",
		columns: []exportColumn{
			{name: "invite", value: "x.id"},
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "chat", value: "(SELECT title FROM chats WHERE id = x.chat_id)"},
			{name: "inviter_id", value: "x.inviter_id"},
			{name: "inviter", value: "(SELECT name FROM people WHERE id = x.inviter_id)"},
			{name: "invited_id", value: "x.invited_id"},
			{name: "invited", value: "(SELECT name FROM people WHERE id = x.invited_id)"},
			{name: "way", value: "x.way"},
			{name: "state", value: "x.state"},
			{name: "reason", value: "x.reason"},
			{name: "reward", value: "json_extract(x.rule, '$.reward')"},
			{name: "newcomer", value: "json_extract(x.rule, '$.newcomer')"},
			{name: "joined_at", value: "x.joined_at", instant: true},
			{name: "settled_at", value: "x.settled_at", instant: true},
			{name: "left_at", value: "COALESCE((" + leftOf + "), 0)", instant: true},
			{name: "kept_days", value: "(SELECT (l - x.joined_at) / 86400000 FROM (SELECT (" + leftOf + ") AS l) WHERE l > 0)"},
		},
	},
	{
		// Everybody who came, known by whom or not: the shares of the sources, and
		// how long their people stay.
		name: ExportJoins, community: "x.community_id",
		from: "invite_joins x JOIN communities c ON c.id = x.community_id ORDER BY x.id",
		columns: []exportColumn{
			{name: "community_id", value: "x.community_id"},
			{name: "community", value: "c.name"},
			{name: "chat", value: "(SELECT title FROM chats WHERE id = x.chat_id)"},
			{name: "person_id", value: "x.person_id"},
			{name: "name", value: "(SELECT name FROM people WHERE id = x.person_id)"},
			{name: "joined_at", value: "x.at", instant: true},
			{name: "way", value: "x.way"},
			{name: "source", value: "x.source"},
			{name: "inviter", value: "(SELECT p.name FROM invites i JOIN people p ON p.id = i.inviter_id WHERE i.community_id = x.community_id AND i.invited_id = x.person_id AND x.way <> 'unknown' AND x.source = '')"},
			{name: "left_at", value: "x.left_at", instant: true},
			{name: "kept_days", value: "CASE WHEN x.left_at > 0 THEN (x.left_at - x.at) / 86400000 END"},
		},
	},
}

package storagetest

// statements make the rows, in this order. fill_days and fill_rows live as
// long as the connection.
var statements = []string{
	`CREATE TEMP TABLE fill_days (n INTEGER PRIMARY KEY, day TEXT NOT NULL, week TEXT NOT NULL, at INTEGER NOT NULL)`,

	`INSERT INTO fill_days
		WITH RECURSIVE d(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM d WHERE n + 1 < :days),
		e(n, day) AS (SELECT n, date(:last, (n + 1 - :days) || ' days') FROM d)
		SELECT n, day, date(day, '-6 days', 'weekday 1'), CAST(strftime('%s', day) AS INTEGER) * 1000 + 43200000 FROM e`,

	// k is the how-manieth entry of member m; the last one is on the last day.
	`CREATE TEMP TABLE fill_rows (m INTEGER NOT NULL, k INTEGER NOT NULL, d INTEGER NOT NULL, first INTEGER NOT NULL, amount INTEGER NOT NULL)`,

	`INSERT INTO fill_rows
		WITH RECURSIVE k(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM k WHERE k + 1 < :per),
		m(m) AS (SELECT 0 UNION ALL SELECT m + 1 FROM m WHERE m + 1 < :members),
		e(k, d) AS (SELECT k, :days - 1 - ((:per - 1 - k) * :days) / :per FROM k),
		g(k, d, first) AS (SELECT k, d, d IS NOT lag(d) OVER (ORDER BY k) FROM e)
		SELECT m, k, d, first, CASE WHEN first THEN 5 + (m * 7919 + k * 104729) % 11 ELSE 1 + (m + k) % 3 END
		FROM g CROSS JOIN m ORDER BY k, m`,

	`INSERT INTO people (id, name, created_at)
		SELECT :person + m, 'member ' || m, 0 FROM fill_rows WHERE k = 0`,

	`INSERT INTO accounts (domain, external_id, person_id, name, updated_at)
		SELECT :domain, 'fill-' || (:person + m), :person + m, 'member ' || m, 0 FROM fill_rows WHERE k = 0`,

	`INSERT INTO presence (chat_id, account_id, present, joined_at)
		SELECT :chat, a.id, 1, 0 FROM accounts a WHERE :chat > 0 AND a.person_id >= :person`,

	// The details are those that the commands write, so that /why can be asked.
	`INSERT INTO ledger (member_id, unit, amount, kind, cause, rule, day, week, at, detail)
		SELECT :member + r.m, 'points', r.amount, iif(r.first, 'checkin', 'talk'),
			iif(r.first, 'checkin:' || d.day, 'talk:' || d.day || ':' || r.k), 1, d.day, d.week, d.at + r.m,
			iif(r.first, '{"base":5,"bonus":' || (r.amount - 5) || ',"streak":1,"day":"' || d.day || '"}', '{"n":' || (r.k + 1) || '}')
		FROM fill_rows r JOIN fill_days d ON d.n = r.d ORDER BY r.rowid`,

	// A streak is an island of days: the day's number minus its rank is the same
	// within one.
	`CREATE TEMP TABLE fill_checkins AS
		WITH c AS (SELECT m, d, amount, d - row_number() OVER (PARTITION BY m ORDER BY d) AS island FROM fill_rows WHERE first)
		SELECT m, d, amount, row_number() OVER (PARTITION BY m, island ORDER BY d) AS streak FROM c ORDER BY m, d`,

	`INSERT INTO members (id, community_id, person_id, created_at, balance, streak, best_streak, last_day)
		SELECT :member + r.m, :community, :person + r.m, 0, sum(r.amount),
			(SELECT streak FROM fill_checkins c WHERE c.rowid = x.last), x.best, (SELECT day FROM fill_days WHERE n = x.d)
		FROM fill_rows r JOIN (SELECT m, max(streak) AS best, max(rowid) AS last, max(d) AS d FROM fill_checkins GROUP BY m) x ON x.m = r.m
		GROUP BY r.m`,

	`INSERT INTO checkins (member_id, day, at, place, gained, streak, chat_id)
		SELECT :member + c.m, d.day, d.at + c.m, row_number() OVER (PARTITION BY c.d ORDER BY c.m), c.amount, c.streak, :chat
		FROM fill_checkins c JOIN fill_days d ON d.n = c.d ORDER BY c.m, c.d`,

	`INSERT INTO community_days (community_id, day, checkins)
		SELECT :community, d.day, count(*) FROM fill_checkins c JOIN fill_days d ON d.n = c.d WHERE 1 GROUP BY d.day
		ON CONFLICT DO UPDATE SET checkins = checkins + excluded.checkins`,

	`INSERT INTO scores (community_id, kind, period, member_id, value)
		SELECT :community, 'points', d.day, :member + r.m, sum(r.amount) FROM fill_rows r JOIN fill_days d ON d.n = r.d GROUP BY 3, 4`,
	`INSERT INTO scores (community_id, kind, period, member_id, value)
		SELECT :community, 'points', 'w' || d.week, :member + r.m, sum(r.amount) FROM fill_rows r JOIN fill_days d ON d.n = r.d GROUP BY 3, 4`,
	`INSERT INTO scores (community_id, kind, period, member_id, value)
		SELECT :community, 'points', substr(d.day, 1, 7), :member + r.m, sum(r.amount) FROM fill_rows r JOIN fill_days d ON d.n = r.d GROUP BY 3, 4`,
	`INSERT INTO scores (community_id, kind, period, member_id, value)
		SELECT :community, 'checkin', 'w' || d.week, :member + c.m, count(*) FROM fill_checkins c JOIN fill_days d ON d.n = c.d GROUP BY 3, 4`,
	`INSERT INTO scores (community_id, kind, period, member_id, value)
		SELECT :community, 'checkin', substr(d.day, 1, 7), :member + c.m, count(*) FROM fill_checkins c JOIN fill_days d ON d.n = c.d GROUP BY 3, 4`,
}

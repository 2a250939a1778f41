package qa

import (
	"context"
	"strconv"

	"qunmate/bot"
	"qunmate/bot/chat"
	"qunmate/storage"
)

// export gives the questions and their answers as a table.
func export(ctx context.Context, req *bot.Request) (bot.Reply, error) {
	if !req.Caps.Files {
		return bot.Reply{}, bot.Refuse("qa.no_files", nil)
	}
	all, err := req.Tx.QuestionTable(ctx, req.Community)
	if err != nil {
		return bot.Reply{}, err
	}
	if len(all) == 0 {
		return bot.Reply{}, bot.Refuse("qa.export_empty", nil)
	}
	var head []string
	for _, key := range []string{"number", "state", "asker", "question", "at", "answerer", "answer", "agrees", "accepted", "points"} {
		text, err := req.Text("qa.csv", struct{ Key string }{key})
		if err != nil {
			return bot.Reply{}, err
		}
		head = append(head, text)
	}
	rows := [][]string{head}
	for _, q := range all {
		state, err := req.Text("qa.csv", struct{ Key string }{q.State})
		if err != nil {
			return bot.Reply{}, err
		}
		row := []string{"#" + strconv.Itoa(q.Number), state, q.Asker, q.Text, q.At.In(req.Now.Location()).Format("2006-01-02 15:04"), q.Answerer, q.Answer, "", "", ""}
		if q.Answerer != "" {
			row[7] = strconv.Itoa(q.Agrees)
		}
		if q.Accepted {
			row[8], row[9] = "1", strconv.Itoa(q.Points)
		}
		rows = append(rows, row)
	}
	data, err := storage.CSV(rows)
	if err != nil {
		return bot.Reply{}, err
	}
	name := "questions-" + req.Now.Format("2006-01-02") + ".csv"
	return bot.Reply{Template: "qa.file", File: &chat.File{Name: name, MIME: "text/csv; charset=utf-8", Data: data}}, nil
}

package main_test

// walkTour makes the pictures of the README's tour, one family each; check-in
// has its own in walkManual.
func walkTour(lang string) func(*browserTab) {
	zh := lang == "zh-CN"
	say := func(zhText, enText string) string {
		if zh {
			return zhText
		}
		return enText
	}
	return func(b *browserTab) {
		b.click(testID("lang-" + lang))
		b.later("next-morning")
		confirm := say("确认", "Confirm")

		// Questions: an automatic answer, and a question to people.
		b.speakAs("admin")
		b.say(say("/faq add 价格,多少钱 = 月卡 30 元，年卡 300 元", "/faq add price,how much = 30 a month, 300 a year"))
		b.press(confirm)
		b.speakAs("man")
		b.say(say("多少钱？", "how much?"), say("月卡 30 元", "30 a month"))
		b.say(say("/ask 怎么导出数据？", "/ask How do I export my data?"), "#1")
		b.speakAs("ann")
		b.write(say("/answer 1 设置里点「导出」", "/answer 1 Settings, then Export"))
		b.wait("the answer counts", `document.getElementById("log").innerText.includes("`+say("采纳 阿宁", "Accept Ann")+`") || null`)
		b.shot("qa")

		// A poll.
		b.speakAs("admin")
		b.say(say("/poll 团建去哪？ | 爬山 | 露营 | 桌游", "/poll Where to on Saturday? | hiking | camping | board games"))
		b.press(drawsBy[lang].publish)
		b.wait("the poll", `document.getElementById("log").innerText.includes("/vote 1 A") || null`)
		for i, who := range []string{"ann", "man", "zhou"} {
			b.speakAs(who)
			b.say([]string{"/vote 1 A", "/vote 1 B", "/vote 1 B"}[i])
		}
		b.shot("poll")

		// A draw that is open.
		b.speakAs("admin")
		b.say(drawsBy[lang].draw, drawsBy[lang].ready)
		b.press(drawsBy[lang].publish)
		for _, who := range []string{"man", "ann"} {
			b.speakAs(who)
			b.say("/join 1")
		}
		b.shot("draw")

		// A schedule, with its next instants.
		b.speakAs("admin")
		b.say(say("/schedule add 早安 每天 07:30 早安，今天也要开心 跳过 休息日", "/schedule add Morning every weekday 7:30 Good morning, all"))
		b.shot("schedule")
	}
}

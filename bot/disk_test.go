package bot

func watchDisks() {}

package bot
func watchDisks() {}

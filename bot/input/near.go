package input

// distance counts the slips that make one word of another: a letter too many,
// one missing, a wrong one, or two neighbours that changed places (optimal
// string alignment). "ruels" is one slip from "rules".
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	// Three rows of the table are enough: a swap looks back two.
	before, above, row := make([]int, len(to)+1), make([]int, len(to)+1), make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i := range from {
		before, above, row = above, row, before
		row[0] = i + 1
		for j := range to {
			wrong := 1
			if from[i] == to[j] {
				wrong = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+wrong)
			if i > 0 && j > 0 && from[i] == to[j-1] && from[i-1] == to[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(to)]
}

package jobs

import "context"

func (r *commentsRun) readDojoMail(ctx context.Context) (string, error) { return "", nil }

package outbox

// DefaultPace is that of zero Settings.
const DefaultPace = defaultPace

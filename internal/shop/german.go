package shop

// german translates what shoppers read. Keys are the English sentences, letter
// by letter; what only developers see stays English.
var german = map[string]string{
	"Line breaks and control characters are not allowed here.":   "Zeilenumbrüche und Steuerzeichen sind hier nicht erlaubt.",
	"This field is required.":                                    "Dieses Feld wird benötigt.",
	"Use at most %d characters.":                                 "Höchstens %d Zeichen sind möglich.",
	"Enter a valid email address.":                               "Bitte eine gültige E-Mail-Adresse angeben.",
	"The email address is already in use.":                       "Diese E-Mail-Adresse wird bereits verwendet.",
	"The password can have at most %d characters.":               "Das Passwort darf höchstens %d Zeichen haben.",
	"The password needs at least %d characters.":                 "Das Passwort braucht mindestens %d Zeichen.",
	"The password needs a lower-case letter.":                    "Das Passwort braucht einen Kleinbuchstaben.",
	"The password needs an upper-case letter.":                   "Das Passwort braucht einen Großbuchstaben.",
	"The password needs digits, %d at least.":                    "Das Passwort braucht Ziffern, mindestens %d.",
	"The password needs special characters, %d at least.":        "Das Passwort braucht Sonderzeichen, mindestens %d.",
	"This password is too well known. Choose another one.":       "Dieses Passwort ist zu bekannt. Bitte ein anderes wählen.",
	"This address receives the newsletter already.":              "Diese Adresse erhält den Newsletter bereits.",
	"The newsletter of this store is switched off.":              "Der Newsletter dieses Shops ist abgeschaltet.",
	"This store does not take new accounts at the moment.":       "Dieser Shop nimmt zurzeit keine neuen Konten an.",
	"This account no longer exists.":                             "Dieses Konto gibt es nicht mehr.",
	"Please log in first.":                                       "Bitte zuerst anmelden.",
	"Too many attempts. Please wait a while and try again.":      "Zu viele Versuche. Bitte etwas warten und erneut versuchen.",
	"The service is busy. Please try again in a moment.":         "Der Dienst ist ausgelastet. Bitte gleich noch einmal versuchen.",
	"The text holds characters that cannot be stored.":           "Der Text enthält Zeichen, die nicht gespeichert werden können.",
	"Something went wrong on our side.":                          "Bei uns ist etwas schiefgegangen.",
	"The cart is kept with the account while a browser is used.": "Der Warenkorb bleibt beim Konto, solange ein Browser benutzt wird.",
	"This cart is not the one that was recorded at login.":       "Dieser Warenkorb ist nicht der bei der Anmeldung vermerkte.",
	"You can only see your own account.":                         "Nur das eigene Konto ist einsehbar.",
}

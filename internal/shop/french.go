package shop

// french translates what shoppers read; see german.
var french = map[string]string{
	"Line breaks and control characters are not allowed here.":   "Les sauts de ligne et les caractères de contrôle ne sont pas autorisés ici.",
	"This field is required.":                                    "Ce champ est obligatoire.",
	"Use at most %d characters.":                                 "Saisissez %d caractères au maximum.",
	"Enter a valid email address.":                               "Saisissez une adresse e-mail valide.",
	"The email address is already in use.":                       "Cette adresse e-mail est déjà utilisée.",
	"The password can have at most %d characters.":               "Le mot de passe ne peut pas dépasser %d caractères.",
	"The password needs at least %d characters.":                 "Le mot de passe doit contenir au moins %d caractères.",
	"The password needs a lower-case letter.":                    "Le mot de passe doit contenir une lettre minuscule.",
	"The password needs an upper-case letter.":                   "Le mot de passe doit contenir une lettre majuscule.",
	"The password needs digits, %d at least.":                    "Le mot de passe doit contenir des chiffres, au moins %d.",
	"The password needs special characters, %d at least.":        "Le mot de passe doit contenir des caractères spéciaux, au moins %d.",
	"This password is too well known. Choose another one.":       "Ce mot de passe est trop connu. Choisissez-en un autre.",
	"This address receives the newsletter already.":              "Cette adresse reçoit déjà la newsletter.",
	"The newsletter of this store is switched off.":              "La newsletter de cette boutique est désactivée.",
	"This store does not take new accounts at the moment.":       "Cette boutique n'accepte pas de nouveaux comptes pour le moment.",
	"This account no longer exists.":                             "Ce compte n'existe plus.",
	"Please log in first.":                                       "Veuillez d'abord vous connecter.",
	"Too many attempts. Please wait a while and try again.":      "Trop de tentatives. Veuillez patienter un moment avant de réessayer.",
	"The service is busy. Please try again in a moment.":         "Le service est surchargé. Veuillez réessayer dans un instant.",
	"The text holds characters that cannot be stored.":           "Le texte contient des caractères qui ne peuvent pas être enregistrés.",
	"Something went wrong on our side.":                          "Une erreur s'est produite de notre côté.",
	"The cart is kept with the account while a browser is used.": "Le panier reste lié au compte tant qu'un navigateur est utilisé.",
	"This cart is not the one that was recorded at login.":       "Ce panier n'est pas celui qui a été enregistré à la connexion.",
	"You can only see your own account.":                         "Vous ne pouvez consulter que votre propre compte.",
}

package shop

// spanish translates what shoppers read; see german.
var spanish = map[string]string{
	"Line breaks and control characters are not allowed here.":   "Aquí no se permiten saltos de línea ni caracteres de control.",
	"This field is required.":                                    "Este campo es obligatorio.",
	"Use at most %d characters.":                                 "Introduzca como máximo %d caracteres.",
	"Enter a valid email address.":                               "Introduzca una dirección de correo electrónico válida.",
	"The email address is already in use.":                       "Esta dirección de correo electrónico ya está en uso.",
	"The password can have at most %d characters.":               "La contraseña puede tener como máximo %d caracteres.",
	"The password needs at least %d characters.":                 "La contraseña debe tener al menos %d caracteres.",
	"The password needs a lower-case letter.":                    "La contraseña debe incluir una letra minúscula.",
	"The password needs an upper-case letter.":                   "La contraseña debe incluir una letra mayúscula.",
	"The password needs digits, %d at least.":                    "La contraseña debe incluir cifras, al menos %d.",
	"The password needs special characters, %d at least.":        "La contraseña debe incluir caracteres especiales, al menos %d.",
	"This password is too well known. Choose another one.":       "Esta contraseña es demasiado conocida. Elija otra.",
	"This address receives the newsletter already.":              "Esta dirección ya recibe el boletín.",
	"The newsletter of this store is switched off.":              "El boletín de esta tienda está desactivado.",
	"This store does not take new accounts at the moment.":       "Esta tienda no admite cuentas nuevas en este momento.",
	"This account no longer exists.":                             "Esta cuenta ya no existe.",
	"Please log in first.":                                       "Inicie sesión primero.",
	"Too many attempts. Please wait a while and try again.":      "Demasiados intentos. Espere un momento e inténtelo de nuevo.",
	"The service is busy. Please try again in a moment.":         "El servicio está saturado. Inténtelo de nuevo en unos instantes.",
	"The text holds characters that cannot be stored.":           "El texto contiene caracteres que no se pueden guardar.",
	"Something went wrong on our side.":                          "Se ha producido un error por nuestra parte.",
	"The cart is kept with the account while a browser is used.": "El carrito permanece en la cuenta mientras se use un navegador.",
	"This cart is not the one that was recorded at login.":       "Este carrito no es el que se registró al iniciar sesión.",
	"You can only see your own account.":                         "Solo puede consultar su propia cuenta.",
}

//! The words that forms, their confirmations and their downloads get from us, in every language of our pages.

use super::answers::AnswerError;
use crate::preferences::words::Language;

/// The words of one language. `{form}`, `{address}`, `{file}` and `{size}` stand for what is meant.
#[derive(Debug)]
pub struct FormPageWords {
    pub submit: &'static str,
    pub required: &'static str,
    pub choose: &'static str,
    pub privacy: &'static str,
    /// Beside a field that no person sees, for readers of screens.
    pub leave_empty: &'static str,
    /// Above a form with mistakes.
    pub mistakes: &'static str,
    pub missing: &'static str,
    pub not_an_address: &'static str,
    pub not_a_phone: &'static str,
    pub not_a_number: &'static str,
    pub not_an_option: &'static str,
    pub too_long: &'static str,
    pub too_often_title: &'static str,
    pub too_often: &'static str,
    pub thanks_title: &'static str,
    pub thanks: &'static str,
    /// Where an e-mail follows.
    pub look_into_mailbox: &'static str,
    pub no_form_title: &'static str,
    pub no_form: &'static str,
    pub confirm_title: &'static str,
    pub confirm: &'static str,
    pub agreed: &'static str,
    pub confirm_button: &'static str,
    pub confirmed_title: &'static str,
    pub confirmed: &'static str,
    pub expired_title: &'static str,
    pub expired: &'static str,
    pub again_button: &'static str,
    pub again_title: &'static str,
    pub again: &'static str,
    pub void_title: &'static str,
    pub void: &'static str,
    pub download_title: &'static str,
    pub download: &'static str,
    pub download_button: &'static str,
    pub download_over_title: &'static str,
    pub download_over: &'static str,
    pub mail_subject: &'static str,
    pub mail_text: &'static str,
    pub mail_file: &'static str,
    pub mail_consent: &'static str,
    pub mail_button: &'static str,
    pub mail_reason: &'static str,
}

impl FormPageWords {
    /// What is wrong with an answer, for whoever gave it.
    pub fn of(&self, error: AnswerError) -> &'static str {
        match error {
            AnswerError::Missing => self.missing,
            AnswerError::NotAnAddress => self.not_an_address,
            AnswerError::NotAPhone => self.not_a_phone,
            AnswerError::NotANumber => self.not_a_number,
            AnswerError::NotAnOption => self.not_an_option,
            AnswerError::TooLong => self.too_long,
        }
    }
}

impl Language {
    /// The words of forms.
    pub fn form_words(self) -> &'static FormPageWords {
        match self {
            Language::English => &ENGLISH,
            Language::German => &GERMAN,
        }
    }
}

static ENGLISH: FormPageWords = FormPageWords {
    submit: "Send",
    required: "required",
    choose: "Please choose",
    privacy: "Privacy policy",
    leave_empty: "Leave this empty",
    mistakes: "Please check what you filled in.",
    missing: "Please fill this in.",
    not_an_address: "This is not an e-mail address. It looks like name@example.org.",
    not_a_phone: "This is not a phone number. Please use digits, such as +44 20 7946 0000.",
    not_a_number: "This is not a number.",
    not_an_option: "Please choose one of the options.",
    too_long: "This is too long.",
    too_often_title: "Too many requests",
    too_often: "Too many forms were sent from your network. Please try again in a few minutes.",
    thanks_title: "Thank you",
    thanks: "We have received it.",
    look_into_mailbox: "We have sent you an e-mail. Please open the link in it to confirm your address.",
    no_form_title: "There is no form here",
    no_form: "The form has been removed, or its address is incomplete.",
    confirm_title: "Please confirm",
    confirm: "The form “{form}” was sent with the address {address}. Was it you?",
    agreed: "You also agree to this:",
    confirm_button: "Yes, confirm my address",
    confirmed_title: "Your address is confirmed",
    confirmed: "Thank you.",
    expired_title: "This link has expired",
    expired: "A confirmation link works for 7 days. We can send you a new one.",
    again_button: "Send me a new link",
    again_title: "Look into your mailbox",
    again: "If you have not asked for too many links today, a new one is on its way to you.",
    void_title: "This link does not work",
    void: "The address is incomplete, or what it stood for has been deleted.",
    download_title: "Your download",
    download: "{file} ({size})",
    download_button: "Download",
    download_over_title: "This download is over",
    download_over: "A download link works for 30 days. Please fill in the form again.",
    mail_subject: "Please confirm your e-mail address",
    mail_text: "Somebody, probably you, filled in the form “{form}” with this address. Please confirm that it was you.",
    mail_file: "You can then download {file}.",
    mail_consent: "You also agree to this:",
    mail_button: "Confirm",
    mail_reason: "If it was not you, ignore this e-mail: nothing will happen. The link works for 7 days.",
};

static GERMAN: FormPageWords = FormPageWords {
    submit: "Absenden",
    required: "Pflichtfeld",
    choose: "Bitte auswählen",
    privacy: "Datenschutzerklärung",
    leave_empty: "Bitte leer lassen",
    mistakes: "Bitte prüfen Sie Ihre Angaben.",
    missing: "Bitte füllen Sie dieses Feld aus.",
    not_an_address: "Das ist keine E-Mail-Adresse. Sie sieht aus wie name@example.org.",
    not_a_phone: "Das ist keine Telefonnummer. Bitte verwenden Sie Ziffern, zum Beispiel +49 30 1234567.",
    not_a_number: "Das ist keine Zahl.",
    not_an_option: "Bitte wählen Sie eine der Möglichkeiten.",
    too_long: "Das ist zu lang.",
    too_often_title: "Zu viele Anfragen",
    too_often: "Aus Ihrem Netz wurden zu viele Formulare gesendet. Bitte versuchen Sie es in einigen Minuten noch einmal.",
    thanks_title: "Vielen Dank",
    thanks: "Wir haben Ihre Angaben erhalten.",
    look_into_mailbox: "Wir haben Ihnen eine E-Mail gesendet. Bitte öffnen Sie den Link darin, um Ihre Adresse zu bestätigen.",
    no_form_title: "Hier gibt es kein Formular",
    no_form: "Das Formular wurde entfernt, oder die Adresse ist unvollständig.",
    confirm_title: "Bitte bestätigen",
    confirm: "Das Formular „{form}“ wurde mit der Adresse {address} gesendet. Waren Sie das?",
    agreed: "Sie stimmen außerdem zu:",
    confirm_button: "Ja, meine Adresse bestätigen",
    confirmed_title: "Ihre Adresse ist bestätigt",
    confirmed: "Vielen Dank.",
    expired_title: "Dieser Link ist abgelaufen",
    expired: "Ein Link zur Bestätigung gilt 7 Tage. Wir können Ihnen einen neuen senden.",
    again_button: "Neuen Link senden",
    again_title: "Bitte sehen Sie in Ihr Postfach",
    again: "Wenn Sie heute nicht schon zu viele Links angefordert haben, ist ein neuer unterwegs zu Ihnen.",
    void_title: "Dieser Link funktioniert nicht",
    void: "Die Adresse ist unvollständig, oder das, wofür sie stand, wurde gelöscht.",
    download_title: "Ihr Download",
    download: "{file} ({size})",
    download_button: "Herunterladen",
    download_over_title: "Dieser Download ist beendet",
    download_over: "Ein Link zum Herunterladen gilt 30 Tage. Bitte füllen Sie das Formular noch einmal aus.",
    mail_subject: "Bitte bestätigen Sie Ihre E-Mail-Adresse",
    mail_text: "Jemand, vermutlich Sie, hat mit dieser Adresse das Formular „{form}“ ausgefüllt. Bitte bestätigen Sie, dass Sie es waren.",
    mail_file: "Danach können Sie {file} herunterladen.",
    mail_consent: "Sie stimmen außerdem zu:",
    mail_button: "Bestätigen",
    mail_reason: "Wenn Sie das nicht waren, ignorieren Sie diese E-Mail: Es geschieht nichts. Der Link gilt 7 Tage.",
};

# The texts of the frame in English: the language the others are compared with (docs/languages.md).

## The window, and what stands under every step

app-title = Identity check
app-required = Please complete the identity check.
way-alternative = Another way
way-cancel = Cancel

## Before an attempt

idle-title = Confirm it is you
idle-text = A short look into your camera confirms who you are. It takes less than a minute.
idle-start = Start

loading-title = Getting ready
loading-text = Preparing the check on your device…

## Consent. What is said here binds the authority: no translation may promise more or less.
## $site is the registered name of the site that asks, $authority the name of the authority's server.

consent-verify-title = Confirm to { $site } that it is you
consent-verify-purpose = { $site } asks you to confirm who you are.
consent-verify-gets = Only yes or no, with a pseudonym that no other site can link. Not your face, name or number.
consent-kiosk-gets = Only yes or no. Not your face, name or number, and no pseudonym to know you by another day. Where several people check in together, also that they are several.
consent-verify-kept = What you send is compared once and then erased. An encrypted trace of it, of which no face can be made, is kept so that nobody can send it again. Your enrolled template stays as it is.
consent-enrol-title = Enrol your face
consent-enrol-purpose = You can then confirm who you are on the services that use this check.
consent-enrol-gets = A mathematical template of your face, stored encrypted under your ID number.
consent-enrol-gets-terminal = A mathematical template of your face, stored encrypted under your ID number, and your mobile number, encrypted too.
consent-enrol-kept = Until you ask for it to be erased. It is used for nothing but this check.
consent-card-title = Open your card
consent-card-purpose = You confirm that it is you, to see what is held about you and to decide about it.
consent-card-gets = Whether it is you. This page then shows your card, for ten minutes at most.
consent-camera-term = Your camera looks at your face
consent-camera-text = For less than a minute. The picture is worked on here and stays on this device.
consent-leaves-term = What leaves this device
consent-leaves-text = A sealed mathematical template, how points of your face moved, your ID number and, if asked for, your passcode; never a picture. Only { $authority } can open it.
consent-crops-camera = For less than a minute. Your picture is worked on here; a few small pictures of your face are sent, sealed.
consent-crops-leaves = Small pictures of your face, as this site asks for; a mathematical template, how points of your face moved, your ID number and, if asked for, your passcode. All of it is sealed: only { $authority } can open it.
consent-crops-kept = A machine of the authority checks that the pictures and the template belong together, and deletes the pictures. Nobody looks at them. The rest is compared once and then erased, but for an encrypted trace, of which no face can be made, so that nobody can send it again. Your enrolled template stays as it is.
consent-gets-term = What { $site } receives
consent-kept-term = For how long
consent-questions = It also asks, to be answered with yes or no:
consent-continue = Continue

## Questions beyond identity, with the names of protocol/src/questions.rs (docs/questions.md)

question-age_over_14 = Are you 14 or older?
question-age_over_16 = Are you 16 or older?
question-age_over_18 = Are you 18 or older?
question-age_over_60 = Are you 60 or older?
question-benefit_active-pension = Are you covered by pension insurance?
question-benefit_active-medical = Are you covered by medical insurance?
question-benefit_active-unemployment = Are you covered by unemployment insurance?
question-benefit_active-maternity = Are you covered by maternity insurance?
question-benefit_active-work_injury = Are you covered by work injury insurance?
question-benefit_active-housing_fund = Is your housing fund account active?
question-contributions_current-pension = Are your pension insurance contributions up to date?
question-contributions_current-medical = Are your medical insurance contributions up to date?
question-contributions_current-unemployment = Are your unemployment insurance contributions up to date?
question-contributions_current-maternity = Are your maternity insurance contributions up to date?
question-contributions_current-work_injury = Are your work injury insurance contributions up to date?
question-contributions_current-housing_fund = Are your housing fund contributions up to date?

## Continuing on a phone: this screen (handoff), and the phone (join, phone)

handoff-open = Continue on a phone
handoff-title = Continue on your phone
handoff-lead = Scan this picture with your phone's camera and open the link. Your phone then asks for the code below.
handoff-picture = QR code of the link below
handoff-code = Code for your phone
handoff-never = Type it yourself. Never tell it to anybody.
handoff-link = Or open this link on your phone
handoff-here = Stay on this device
handoff-opened-title = Type this code on your phone
handoff-opened-lead = Your phone has opened the link and asks for the code.
handoff-again = Show a new QR code
handoff-joined-title = Go on, on your phone
handoff-joined-lead = This page goes on by itself as soon as you are done there.
join-title = Do you see this on the other screen?
join-warning = Go on only if you opened this yourself, from a screen in front of you that shows this address. Whoever sends you this link or tells you a code wants to pass for you: then choose Cancel.
join-code = Code on the other screen
join-code-hint = Six digits
join-code-missing = The code has six digits.
phone-done-title = Done on this phone
phone-done-text = Look at the other screen: the answer is there. You can close this page.
phone-stopped-title = Stopped
phone-stopped-text = Nothing more happens here. You can close this page.
phone-again = Please begin again on the other screen.

## Enrolling: the ticket from an office

ticket-title = Your enrolment ticket
ticket-lead = You were given a ticket at an authorised office. It can be used once.
ticket-label = Ticket code
ticket-hint = As printed on your ticket
ticket-missing = Enter the code on your ticket.

## Enrolling at a terminal: the mobile number, and the wait for the operator. $end is the end of a number.

mobile-title = Your mobile number
mobile-lead = A code is sent there to see that it is yours. The authority keeps the number, encrypted, to be able to reach you.
mobile-number = Mobile number
mobile-number-hint = With the country code, for example +49 151 23456789
mobile-number-missing = Enter your number with its country code.
mobile-code-title = Type the code
mobile-code-lead = It was sent to the number that ends in { $end }. It is good for five minutes.
mobile-code = Code from the message
mobile-again = Another number or another code
operator-title = One moment, please
operator-lead = The operator in front of you now checks your document. This page goes on by itself.
operator-refused-title = Not enrolled
operator-refused-text = The operator did not confirm your enrolment, and nothing of it was kept. Ask in front of you what comes next.

## ID number and passcode

identity-title = Who are you?
identity-enrol-title = Your ID number and a passcode
identity-lead = What you type here goes sealed to the authority. The site around this box cannot read it.
identity-enrol-lead = Both are sealed on this device. Only the authority can open them.
identity-id = ID number
identity-id-hint = As on your ID card
identity-id-missing = Enter your ID number.
identity-id-known = ID number ending in { $end }
identity-id-other = Use another number
identity-device = This device stands for your ID number
identity-device-forget = Forget this device
identity-remember = Remember this device
identity-remember-hint = On a device of your own only. On this site you then type no ID number; your face is still looked at each time.
identity-passcode = Passcode
identity-passcode-new = Choose a passcode
identity-passcode-again = The passcode once more
identity-passcode-hint = Eight digits
identity-passcode-new-hint = Eight digits that nobody can guess: no date, no run such as 12345
identity-passcode-again-hint = The same eight digits
identity-passcode-wrong = The passcode has eight digits.
identity-passcode-differs = The two passcodes are different.
identity-key = Use this device instead
identity-key-hint = If you have bound a device key: your device asks for your fingerprint, your face or its PIN. What it signs is sent sealed, in place of your passcode.
identity-key-refused = This device could not stand in. Please type your passcode.
identity-continue = Continue

## At a kiosk: a screen that many people use one after another (docs/kiosk.md)

kiosk-code-title = Show your code to the camera
kiosk-code-lead = Open “My card” on your phone and make a code for a kiosk. Then hold the phone in front of the camera here.
kiosk-code-looking = Looking for a code
kiosk-code-other = This is another kind of code. Make one on “My card”.
kiosk-code-type = Type the ID number instead
kiosk-code-show = Show a code instead
kiosk-code-read = Your code was read. This site also asks for your passcode.
kiosk-no-hint = If you showed a code that was older than a minute, make a new one.
kiosk-still_there = Are you still there? In { $seconds } seconds everything you entered is erased, for the next person.
kiosk-here = I am still here
kiosk-done = Done: erase everything here

## Before the camera

prepare-title = You will be asked to move your head
prepare-lead = The camera comes next. One at a time: left, right, up and down, perhaps closer. It takes about twenty seconds, and keeps a photograph from passing for you.
prepare-begin = Begin
prepare-still = I cannot move my head
prepare-still-hint = Then you only look at the camera. It counts together with your passcode.
prepare-speak = Speak the instructions

passcode-title = Your passcode
passcode-lead = Without movement, the check counts only together with your passcode.
passcode-back = Back

## At the end of an enrolment, on the authority's own page

key-title = Bind this device to your card?
key-lead = From then on this device can stand for your passcode: it asks for your fingerprint, your face or its PIN. None of that leaves the device.
key-hint = On a device of your own only, and never on one that others can unlock.
key-bind = Bind this device
key-skip = Skip
key-refused = This device was not bound. You can try again, or go on without.

## In place of identity and camera, on pages that use a test key (development only)

test-title = This is a test
test-lead = This page uses a test key. No camera is opened and nobody is checked; what follows is made up.

## The camera

permission-title = Allow the camera
permission-lead = Your browser asks whether this page may use the camera. Choose “Allow”. It is switched off again as soon as the check is done.

position-title = Look at the camera
position-begin = Bring your face into the oval
position-positioning = Bring your face into the oval
position-ready = Good. Hold still
position-capturing = Hold still
position-captured = Done
position-progress = How much is done
position-camera = Camera
position-camera-number = Camera { $number }

## Instructions, read in passing from further away and spoken: at most two short lines on a phone.
## Left and right are the resident's own.

cue-straight = Look straight ahead
cue-turn_left = Turn your head to the left
cue-turn_right = Turn your head to the right
cue-look_up = Raise your chin and look up
cue-look_down = Lower your chin and look down
cue-come_closer = Bring your face closer

## Hints under the picture: at most three short lines on a phone.

hint-no_face = Bring your face into the oval
hint-many_faces = Only one person, please
hint-too_far = Come closer
hint-too_close = Move back a little
hint-off_centre = Move your face to the middle
hint-too_dark = More light, please
hint-too_bright = Less light, please
hint-uneven_light = Turn so that your face is lit evenly
hint-blurred = Hold the device steady
hint-not_frontal = Look straight at the camera
hint-eyes_closed = Open your eyes
hint-covered = Uncover your face
hint-moving = Hold still

## The wait for the answer

sending-title = One moment
sending-text = The camera is off. Your sealed data is on its way to { $authority }.

## How it ended

result-yes-title = Confirmed
result-yes-text = You can go on with { $site } now.
result-no-title = Not confirmed
result-no-text = You can try again, with even light and your face in the oval, or choose another way.
result-no-text-reload = Reload this page to try again, or choose another way.
result-case = Case number:
result-case-hint = If this happens again, your office can look into it with this number. Nobody else gets it.
result-enrolled-title = You are enrolled
result-enrolled-text = From now on your face and your passcode confirm who you are. Keep the passcode to yourself.
result-enrolled-key = From now on your face, together with your passcode or this device, confirms who you are. Keep the passcode to yourself.
result-alternative-title = Another way
result-alternative-text = { $site } also serves you without a face check.
result-alternative-open = Go on without a face check
result-unseen-title = Time is up
result-unseen = What was asked for could not be seen in time. Even light helps, and room around your face.
result-reload = Reload this page to try again, or choose another way.
result-again = Try again

## What to do next; stands after the text of an error

next-retry = Please try again.
next-restart = Please start again.
next-wait = Please wait a moment before you try again.
next-adjust = Please follow the hint.
next-check_camera = Check the camera, then try again.
next-alternative = You can choose another way.
next-other_device = Try another browser or device.
next-fix_integration = Please tell the site about it; you did nothing wrong.
next-contact_operator = Please ask at your office.

## Errors, by the codes of protocol/src/codes.rs

error-other-title = Something went wrong
error-other = The check could not be finished. The camera is off.
error-config-bad_sitekey-title = This site is not registered
error-config-bad_sitekey = The authority does not know this site.
error-config-bad_action-title = This site is not allowed to ask this
error-config-bad_action = The site asked for something it is not registered for.
error-config-bad_session-title = The site's request is not valid
error-config-bad_session = The authority could not accept how the site asked.
error-config-origin_not_allowed-title = This page may not ask for a check
error-config-origin_not_allowed = Its address is not registered with the authority.
error-env-insecure_context-title = The connection is not secure
error-env-insecure_context = Browsers give the camera only to pages with a secure connection.
error-env-unsupported-title = Not possible in this browser
error-env-unsupported = This browser cannot do the check.
error-env-no_wasm-title = Not possible in this browser
error-env-no_wasm = This browser lacks WebAssembly, which the check needs.
error-env-policy_blocked-title = The page blocks the camera
error-env-policy_blocked = The site does not let this check use the camera.
error-env-csp_blocked-title = The page blocks this check
error-env-csp_blocked = A security rule of the site stops it.
error-env-asset_fetch-title = Could not load
error-env-asset_fetch = A part of the check did not arrive.
error-env-asset_integrity-title = Stopped for your safety
error-env-asset_integrity = A part of the check is not the published one.
error-env-out_of_memory-title = Not enough memory
error-env-out_of_memory = The check stopped. Closing other tabs may help.
error-camera-none-title = No camera found
error-camera-none = Connect a camera, or use a device that has one.
error-camera-denied-title = The camera was not allowed
error-camera-denied = Allow it with the camera symbol in your browser's address bar.
error-camera-in_use-title = The camera is busy
error-camera-in_use = Another program uses it. Close that program.
error-camera-too_small-title = The camera's picture is too small
error-camera-too_small = A camera with more pixels is needed.
error-camera-too_slow-title = The camera is too slow
error-camera-too_slow = It gives too few pictures a second.
error-camera-ended-title = The camera went away
error-camera-ended = It was unplugged or taken by another program.
error-user-inactive-title = Stopped
error-user-inactive = You left this page for a while, so the camera was switched off.
error-net-offline-title = You are offline
error-net-offline = There is no network connection. The camera is off.
error-net-timeout-title = No answer in time
error-net-timeout = The authority took too long to answer.
error-net-server-title = The authority could not answer
error-net-server = It has a problem at the moment.
error-net-busy-title = The authority is busy
error-net-busy = Many people are using it right now.
error-session-unknown-title = This check has ended
error-session-unknown = Its session is not known any more.
error-session-expired-title = Time is up
error-session-expired = This check was open for too long.
error-session-spent-title = This check was used already
error-session-spent = Each check can be used once. If starting again does not help, reload the page.
error-seal-malformed-title = The check could not be finished
error-seal-malformed = The sealed data was not accepted.
error-seal-too_large-title = The check could not be finished
error-seal-too_large = The sealed data was too large.
error-seal-unknown_key-title = The check could not be finished
error-seal-unknown_key = The authority's key has changed meanwhile.
error-seal-open_failed-title = The check could not be finished
error-seal-open_failed = The sealed data did not fit this session.
error-handoff-unknown-title = This link does not work
error-handoff-unknown = It is incomplete or too old.
error-handoff-expired-title = Time is up
error-handoff-expired = The code was not typed in time, or the check on the phone was not finished.
error-handoff-spent-title = This link was used already
error-handoff-spent = Each link can be opened once.
error-handoff-ended-title = Ended on the other screen
error-handoff-ended = The check was stopped there, or begun anew with another code.
error-handoff-wrong_code-title = Not the right code
error-handoff-wrong_code = This is not the code on the other screen.
error-handoff-refused-title = Too many wrong codes
error-handoff-refused = For your safety this link no longer works.
error-handoff-failed-title = Not finished on the phone
error-handoff-failed = The check could not be finished there.
error-limit-site-title = Too many checks
error-limit-site = This site has reached its limit for now.
error-limit-address-title = Too many checks
error-limit-address = Too many came from your network.
error-limit-device-title = Too many checks
error-limit-device = Too many came from this device.
error-enrol-ticket_unknown-title = This ticket is not valid
error-enrol-ticket_unknown = The code is unknown or its time is over.
error-enrol-ticket_spent-title = This ticket was used already
error-enrol-ticket_spent = Each ticket works once.
error-enrol-ticket_mismatch-title = This ticket is for another ID number
error-enrol-ticket_mismatch = The ID number you typed is not the one on the ticket.
error-enrol-exists-title = You are enrolled already
error-enrol-exists = An existing enrolment is never replaced here.
error-enrol-quality-title = Not good enough to enrol
error-enrol-quality = The pictures were not clear enough, or the passcode is too easy to guess.
error-enrol-phone-title = The number is not confirmed
error-enrol-phone = Your mobile number has to be confirmed first.
error-enrol-number-title = Not a mobile number
error-enrol-number = This is no number with a country code.
error-enrol-wrong_code-title = Not the right code
error-enrol-wrong_code = This is not the code that was sent.
error-enrol-code_spent-title = The code is no longer valid
error-enrol-code_spent = It was typed too often, or is too old. Ask for another one.
error-enrol-no_more_codes-title = No more codes
error-enrol-no_more_codes = No further code is sent for this enrolment.
error-enrol-not_sent-title = The message was not sent
error-enrol-not_sent = The code could not be sent. Try again in a moment.
error-enrol-key_refused-title = This device key was not accepted
error-enrol-key_refused = It may be bound already, or there are as many as one may have.

## A resident's own card (docs/card.md). $date, $since and $until are days, $count a number.

me-title = My card
me-lead = See what is held about you and who has asked, and decide about it yourself.
me-level = Your card opens only with all that you enrolled: if you have a passcode, then with the passcode or a device key too.
me-open = Open with face and passcode
me-open-light = I have no passcode
me-state-active = Your face can confirm who you are
me-state-frozen = Frozen since { $date }: every check in your name ends with no
me-state-revoked = Ended on { $date }: to confirm who you are you have to enrol again, with a new ticket
me-failed = Checks in your name that ended with no, in the last 30 days: { $count }
me-again = Nothing was changed.
me-code = Code for a kiosk
me-code-lead = At a kiosk, show this code to its camera in place of typing your ID number. It works once, for one minute, and only together with your face.
me-code-make = Show a code
me-code-again = Show a new code
me-code-picture = QR code for the camera of a kiosk
me-code-left = Seconds left: { $seconds }
me-code-shown = Hold the code in front of the kiosk’s camera.
me-code-used = The code was used.
me-code-over = The time of the code is over.
me-held = What is held
me-id = ID number
me-id-text = Ends in { $end }
me-level-term = Level
me-level-light = Face
me-level-full = Face and passcode
me-enrolled = Enrolled
me-enrolled-text = { $date }, by { $issuer }
me-consent = Consent
me-consent-text = Text { $version }, given on { $date }
me-template = Template of your face
me-template-text = Made on { $date } by the model { $set }. Kept, encrypted, until you erase it.
me-receipts = Who has asked
me-alerts = Notices
me-nothing = Nothing in the last twelve months.
me-more = Show older ones
me-yes = Answer: yes
me-no = Answer: no
me-alert-enrolled = You enrolled
me-alert-renewed = Your template was adapted to how you look now
me-alert-remembered = A device was remembered
me-alert-forgotten = Devices were forgotten
me-alert-frozen = You froze your card
me-alert-unfrozen = You unfroze your card
me-alert-lifted = The authority unfroze your card
me-alert-unlocked = The authority lifted the limit on attempts
me-alert-revoked = You ended your enrolment
me-alert-ended = An operator ended your enrolment
me-alert-exported = A copy of your data was made
me-alert-key-added = A device key was bound
me-alert-key-removed = A device key was removed
me-alert-key-copied = A device key was refused: it may have been copied. Remove it if you do not know why
me-devices = Remembered devices
me-devices-none = No device stands for your ID number.
me-devices-forget = Forget all devices
me-devices-forgotten = Forgotten.
me-device-text = Since { $since }, until { $until }
me-device-forget = Forget
me-keys = Device keys
me-keys-none = No device is bound to your card.
me-key-text = Bound on { $since }
me-key-used = Last used on { $date }
me-key-unused = Not used yet
me-key-forgotten = Removed here. Delete it on the device too.
me-key-added = This device is bound.
me-actions = What you can do
me-freeze = Freeze
me-freeze-title = Freeze your card?
me-freeze-text = Until you unfreeze it here, every check in your name ends with no, for you too. Sites are not told why.
me-unfreeze = Unfreeze
me-export = Save a copy of my data
me-exported = The copy is saved on this device. It holds your ID number and where you have been: keep it safe.
me-revoke = End my enrolment
me-revoke-title = End your enrolment?
me-revoke-text = Your template, your passcode, your remembered devices and your device keys are deleted. To confirm who you are again you need a new ticket. This list of who has asked stays.
me-erase = Erase everything
me-erase-title = Erase everything about you?
me-erase-text = Everything that is held about you is deleted, and this list too. Save a copy before, if you want one.
me-erase-again = Erase for good
me-erase-again-title = Are you sure?
me-erase-again-text = There is no way back. To confirm who you are again you have to enrol anew.
me-back = Back to the card
me-close = Close the card
me-start = To the beginning
me-closed = It was closed, or its ten minutes are over. Nobody can use it now.
me-closed-title = The card is closed
me-erased = Nothing about you is held any more.
me-erased-title = Everything is erased

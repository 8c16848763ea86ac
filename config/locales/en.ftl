# The words of the reports and notices. Every key stands in both languages.

## Periods

period-week = Week { $week }/{ $year }
period-month = { $month ->
    [1] January
    [2] February
    [3] March
    [4] April
    [5] May
    [6] June
    [7] July
    [8] August
    [9] September
    [10] October
    [11] November
   *[other] December
} { $year }
period-quarter = { $quarter ->
    [1] Q1
    [2] Q2
    [3] Q3
   *[other] Q4
}/{ $year }
period-year = { $year }
window-month-to-date = Month to date
window-year-to-date = Year to date

## Subject and first sentence

subject = { $shop } · { $period }: net sales { $net }
subject-change = { $shop } · { $period }: net sales { $net } ({ $change } on { $base })
subject-withheld = { $shop } · { $period }: sales report (main figure withheld)
subject-empty = { $shop } · { $period }: no orders
subject-plain = { $shop } · { $period }: sales report
subject-provisional = [PROVISIONAL] { $subject }
sentence = { $period }: net sales came to { $net } from { $count ->
    [one] { $orders } order
   *[other] { $orders } orders
}{ $changes }.
sentence-net = { $period }: net sales came to { $net }{ $changes }.
sentence-empty = { $period }: no order was booked.
sentence-withheld = The main figure of { $period } is withheld: printing it could give away what one customer bought.
sentence-plain = Sales report, { $period }.
alert-falls = { $measure }: down { $size } on { $base } (threshold: { $percent } down).
alert-rises = { $measure }: up { $size } on { $base } (threshold: { $percent } up).
alert-new = { $measure }: there are some, and { $base } had none (threshold: { $percent } up).
alert-withheld = { $measure } against { $base }: the threshold of { $percent } cannot be judged, for a figure is withheld.
clause-up = up { $size } on { $base }
clause-down = down { $size } on { $base }
clause-same = level with { $base }
clause-new = new against { $base }
clauses = , { $first }
clauses-two = , { $first } and { $second }
change-new = new
change-same = unchanged
subject-complaints = { $shop } · { $period }: complaints opened: { $opened }, resolved: { $closed }
sentence-complaints = { $period }: complaints opened: { $opened }, resolved: { $closed }, still open at the end: { $open }.
withheld-word = withheld

## Parts

key-figures = Key figures
key-figure = Figure
running = Running totals
against = against { $base }
late-title = Late bookings of earlier periods
late-note = These arrived after their period had been closed; they are booked in this one and are part of the figures above.
others = Others ({ $groups } { $count ->
    [one] group
   *[other] groups
})
others-are = Others: { $names }. Each of these is withheld; only their sum is printed.
others-are-and-more = Others: { $names } and { $more } more. Each of these is withheld; only their sum is printed.
trend-by-day = Net sales by day
trend-by-month = Net sales by month
trend-step = { $step }: { $now } (before: { $before })
by-tet = Compared by Tết
by-tet-note = The days that lay as far from Tết a year before.
by-tet-base = last year's Tết
movers = Biggest movers: { $title }
change-of = { $measure }, change
short-billions = { $figure }B
short-millions = { $figure }M
short-thousands = { $figure }K
total = Total
unknown = unknown
on-time = on time
other-in-excel = The whole table by { $columns }, every measure: see the Excel file.
columns-in-excel = Figures by { $columns }: see the Excel file.
columns-left-out = The whole table by { $columns } is not printed here; ask your administrator to attach the Excel file.
more-in-excel = { $count ->
    [one] { $rows } more row
   *[other] { $rows } more rows
}, see the Excel file.
more-in-pdf = { $count ->
    [one] { $rows } more row
   *[other] { $rows } more rows
}, see the PDF file.
more-left-out = { $count ->
    [one] { $rows } more row is
   *[other] { $rows } more rows are
} not printed here; ask your administrator to attach the Excel file.
tables-in-excel = There is no room in the mail for these tables, see the Excel file: { $titles }.
tables-left-out = There is no room in the mail for these tables; ask your administrator to attach the Excel file: { $titles }.
no-rows = No rows in this period.
withheld-legend = ••• is a withheld figure (not a zero): printing it could give away what one customer bought.
provisional = PROVISIONAL: the data do not reach the end of the period. { $sources }
lagging = Source { $source } reaches { $until } only: { $why }.
lagging-never = Source { $source } has given nothing yet: { $why }.
lag-failing = it could not be read
lag-paused = pulling is paused
lag-not-delivered = it holds nothing newer
attached = Attached: { $files }.
attachments-left-out = { $files } cannot be attached: the mail would be { $size } long, and the limit is { $limit }. Ask your administrator for the files: firstwatch report list tells the number of this report ({ $job }, { $period }), and firstwatch report show NUMBER --out FOLDER writes them.
page-of = Page { $page } of { $pages }
complaints-title = Complaints
complaints-by-kind = Complaints by kind
complaints-by-clock = Deadlines of complaints, kept and missed
complaints-compensation = Compensation by damage level
complaints-late = Late news of complaints
times-title = How long complaints took, of deadlines kept
times-median = Median
times-most = 90th percentile
times-median-hours = Median, hours
times-most-hours = 90th percentile, hours
times-withheld = A median is printed from { $median } customers on, a 90th percentile from { $most } on: with fewer it would be nearly one customer's own.
time-under-an-hour = under an hour
time-hours = { $figure } { $count ->
    [one] hour
   *[other] hours
}
time-days = { $figure } days
oldest-up-to = The oldest complaint that is open has waited for up to { $until } days.
oldest-between = The oldest complaint that is open has waited for more than { $from } and up to { $until } days.
oldest-over = The oldest complaint that is open has waited for more than { $from } days.
withheld-legend-complaints = ••• is a withheld figure (not a zero): printing it could give away one customer's complaint.

## Measures

measure-gross = Gross sales
measure-discounts = Discounts
measure-refunds = Refunds
measure-net = Net sales
measure-orders = Orders
measure-units = Units
measure-cancellations = Cancellations
measure-new-customers = New customers
measure-average = Average order
measure-complaints-opened = Complaints opened
measure-complaints-closed = Complaints resolved
measure-complaints-open = Open at the end
measure-complaints-reopened = Reopened
measure-on-time = Kept
measure-breached = Missed
measure-compensations = Times given
measure-compensation = Compensation

## Dimensions and their values

dimension-product = Product
dimension-brand = Brand
dimension-category = Category
dimension-province = Province
dimension-region = Region
dimension-channel = Channel
dimension-payment-method = Payment method
dimension-customer-type = Customer type
dimension-weekday = Weekday
dimension-belongs-to = Belongs to
dimension-complaint-kind = Kind
dimension-damage-level = Damage level
dimension-timeliness = Timeliness
dimension-clock = Deadline
level-1 = Level 1
level-2 = Level 2
level-3 = Level 3
level-4 = Level 4
region-north = North
region-central = Central
region-south = South
customer-new = New customers
customer-returning = Returning customers
weekday-short-1 = Mon
weekday-1 = Monday
weekday-short-2 = Tue
weekday-2 = Tuesday
weekday-short-3 = Wed
weekday-3 = Wednesday
weekday-short-4 = Thu
weekday-4 = Thursday
weekday-short-5 = Fri
weekday-5 = Friday
weekday-short-6 = Sat
weekday-6 = Saturday
weekday-short-7 = Sun
weekday-7 = Sunday

## Definitions

definitions = Definitions
term = Term
meaning = Meaning
item = Item
content = Content
define-gross = price × quantity, before discounts
define-discounts = everything taken off order lines and whole orders
define-refunds = money given back, and orders cancelled after they were booked; on the day it happened, not the day of the order
define-net = gross − discounts − refunds, without tax and shipping
define-orders = each order once; pending, failed, draft orders and those cancelled before booking do not count
define-units = pieces sold
define-cancellations = orders cancelled after they were booked
define-new-customers = customers whose first booked order falls in the period
define-average = net sales ÷ orders; printed only where both are
define-complaints-opened = complaints and questions on the day they were received, each once
define-complaints-closed = resolutions on their day; what is reopened and resolved again counts again
define-complaints-open = received or reopened and not resolved by the end of the period, whenever they came
define-complaints-reopened = resolutions taken back
define-on-time = deadlines of complaints (first response, resolution, others) met, on the day they were
define-breached = deadlines of complaints passed, on the day of the deadline, also where it was done later
define-compensations = how often something was given for damage
define-compensation = what was given for damage, on the day it was
define-times = time by the clock from the receipt (or the reopening) to the first response and to the resolution, nights, days off and pauses included, of those given in the period and by their deadline; those given late are counted as missed and are not in these times; to the hour, beyond two days to half days
define-complaints-late = what is learned of a day whose figures were released counts on the first day after them

## Footer

provenance = Where the figures come from
note-period = Period
note-period-text = { $range }, time zone { $zone } ({ $offset })
note-as-of = Data as of
note-basis = Basis
basis-created = orders count on the day they were placed
basis-paid = orders count on the day they were paid (cash on delivery: completed)
basis-completed = orders count on the day they were completed
note-reconciliation = Reconciliation
reconciliation-read = { $count ->
    [one] the sources hold { $rows } order
   *[other] the sources hold { $rows } orders
}
reconciliation-counted = { $count ->
    [one] { $orders } order
   *[other] { $orders } orders
} counted
reconciliation-excluded = { $orders } not counted ({ $reasons })
reconciliation-excluded-withheld = how many are not counted is withheld
reconciliation-rejected = { $count ->
    [one] { $rows } faulty row waits
   *[other] { $rows } faulty rows wait
} to be mended
status-pending = pending
status-on-hold = on hold
status-processing = processing
status-completed = completed
status-cancelled = cancelled
status-refunded = refunded
status-failed = failed
status-draft = draft
status-trashed = trashed
note-withheld = Withheld figures
withheld-none = Nothing had to be withheld.
withheld-some = { $withheld } of { $cells } cells are withheld: those with fewer than { $minimum } customers, those that are nearly one customer's alone, and those from which these could be worked out.
note-why = Why you get this
why-group = You are in the group “{ $group }” of the internal recipients of { $shop }.
why-address = Your address is named in the report “{ $job }”, for internal use only.
note-made-by = Made by
made-by = firstwatch { $version }, job { $job }, period { $period }

## Complaint notices

alarm-subject-over = { $shop }: overdue – complaint { $complaint }, { $clock }
alarm-subject-soon = { $shop }: due soon – complaint { $complaint }, { $clock }
alarm-subject-all-over = { $shop }: { $over } complaint deadlines overdue
alarm-subject-all-soon = { $shop }: { $soon } complaint deadlines due soon
alarm-subject-both = { $shop }: { $over } complaint deadlines overdue, { $soon } due soon
alarm-title-over = Overdue complaints
alarm-title-both = Complaints overdue and due soon
alarm-title-soon = Complaints due soon
alarm-sentence = As of { $at }. Please deal with them, or record what was done; each reminder is sent once.
alarm-number = Number
alarm-kind = kind
alarm-deadline = Deadline
alarm-left = Time left
alarm-level = damage level { $level }
alarm-left-days = { $number ->
    [one] { $days } day left
   *[other] { $days } days left
}
alarm-left-hours = { $number ->
    [one] { $hours } hour left
   *[other] { $hours } hours left
}
alarm-left-minutes = less than an hour left
alarm-over-days = { $number ->
    [one] { $days } day over
   *[other] { $days } days over
}
alarm-over-hours = { $number ->
    [one] { $hours } hour over
   *[other] { $hours } hours over
}
alarm-over-minutes = just over
alarm-more = And { $count } more: firstwatch complaint list
alarm-look = Why a deadline is when it is: firstwatch complaint explain NUMBER. This mail holds no personal data.
clock-first-response = first response
clock-resolution = resolution
clock-containment = containment
clock-attack-notice = notice of the attack to the authority
clock-harm-notice = notice of harm to the authority
complaint-data-breach = data breach
complaint-data-misuse = misuse of data
complaint-data-access = access to data
complaint-data-objection = objection to processing
complaint-data-deletion = deletion of data
complaint-payment = payment
complaint-product = product
complaint-delivery = delivery
complaint-negotiation = negotiation
complaint-inquiry = inquiry

## Heads of the audit log

head-subject = { $shop }: audit log at line { $no }
head-title = Head of the audit log
head-sentence = As of { $at } the audit log ended with this line. Keep this mail.
head-line = Line
head-keep = firstwatch audit verify --heads FILE holds the log against the mails and lines in FILE. This mail holds no personal data.

## Notices to administrators

trouble-failed = job { $about } fails
trouble-held = report { $about } waits
trouble-quarantined = report { $about } is held back, nobody got it
trouble-undelivered = mail to { $about } is refused
trouble-ambiguous = mail may have arrived or not
trouble-relay = no mail can leave
trouble-disk = the store cannot be written
over-failed = job { $about } works again
over-held = report { $about } has its data
over-quarantined = report { $about } could be sent
over-undelivered = mail to { $about } arrives again
over-ambiguous = held mail is settled
over-relay = mail leaves again
over-disk = the store can be written again
over-what = What it was
trouble-since = Since
trouble-until = Until
trouble-job = Job
trouble-slot = Scheduled for
trouble-period = Period
trouble-run = Run
trouble-what = What happened
trouble-do = What to do
trouble-subject = { $shop }: { $trouble }
remedy-failed = Mend the cause above, then run it again: firstwatch run retry { $run }
remedy-held = Pull the missing data (firstwatch job run with the pull job); the report runs by itself once they are there. Past its patience it goes out marked PROVISIONAL.
remedy-quarantined = The report holds words that are also the data of a customer. See firstwatch run show { $run }. Most likely the wrong column is mapped as a product, brand or channel: mend the source, then run it again.
remedy-undelivered = Check the address and the mail server (firstwatch outbox list --state refused), then: firstwatch outbox retry or cancel
remedy-ambiguous = See which: firstwatch outbox list --state ambiguous. Ask the recipients. What arrived: firstwatch outbox cancel NUMBER; what did not: firstwatch outbox retry NUMBER
remedy-relay = See what the relay says: firstwatch outbox list. Mend the relay, its address or its password in [mail]; nothing is lost, and mail leaves by itself as soon as it can.
remedy-disk = Make room on the disk of the state directory, or mend it. Nothing is lost; work goes on by itself as soon as the store can be written.

## Payment statements

statement-title = Statement of payments
statement-for = For { $name }
statement-customer = Customer no. { $number }
statement-made = Made on { $day }, times in { $zone }
statement-ask = Please review each transaction below, confirm those that are right, and tell us by { $day } which are not. Each transaction that you dispute is opened as a complaint and handled within our published deadlines.
statement-settled = You have answered for every transaction below. If anything is not right, please tell us at any time.
statement-nothing = No payment has been recorded yet.
statement-time = Time
statement-order = Order
statement-payment = Transaction
statement-method = Method
statement-status = Status
statement-amount = Amount
statement-answer = Your answer
statement-open = not confirmed yet
statement-confirmed = confirmed { $day }
statement-disputed = disputed { $day }, complaint no. { $number }
statement-sum = { $number ->
    [one] Received, in { $count } transaction
   *[other] Received, in { $count } transactions
}
statement-note = This statement holds personal data and is for you alone.
statement-page = Page PAGE of PAGES
statement-received = received
statement-returned = given back
statement-not-received = not received
statement-by-transfer = bank transfer
statement-by-card = card
statement-by-cash = cash
statement-by-cod = cash on delivery

# Lời của các báo cáo và thư nhắc. Mỗi khoá có mặt ở cả hai ngôn ngữ.

## Kỳ báo cáo

period-week = Tuần { $week }/{ $year }
period-month = Tháng { $month }/{ $year }
period-quarter = { $quarter ->
    [1] Quý I
    [2] Quý II
    [3] Quý III
   *[other] Quý IV
}/{ $year }
period-year = Năm { $year }
window-month-to-date = Từ đầu tháng
window-year-to-date = Từ đầu năm

## Tiêu đề và câu mở đầu

subject = { $shop } · { $period }: doanh thu thuần { $net }
subject-change = { $shop } · { $period }: doanh thu thuần { $net } ({ $change } so với { $base })
subject-withheld = { $shop } · { $period }: báo cáo bán hàng (số chính được giữ kín)
subject-empty = { $shop } · { $period }: chưa có đơn hàng nào
subject-plain = { $shop } · { $period }: báo cáo bán hàng
subject-provisional = [TẠM TÍNH] { $subject }
sentence = { $period }: doanh thu thuần đạt { $net } từ { $orders } đơn hàng{ $changes }.
sentence-net = { $period }: doanh thu thuần đạt { $net }{ $changes }.
sentence-empty = { $period } không có đơn hàng nào được ghi nhận.
sentence-withheld = Số chính của { $period } được giữ kín: in ra có thể để lộ mua sắm của một khách hàng.
sentence-plain = Báo cáo bán hàng { $period }.
alert-falls = { $measure } giảm { $size } so với { $base } (ngưỡng: giảm { $percent }).
alert-rises = { $measure } tăng { $size } so với { $base } (ngưỡng: tăng { $percent }).
alert-new = { $measure } có mà { $base } chưa có (ngưỡng: tăng { $percent }).
alert-withheld = { $measure } so với { $base }: không xét được ngưỡng { $percent }, vì con số được giữ kín.
clause-up = tăng { $size } so với { $base }
clause-down = giảm { $size } so với { $base }
clause-same = bằng { $base }
clause-new = mới so với { $base }
clauses = , { $first }
clauses-two = , { $first } và { $second }
change-new = mới
change-same = không đổi
subject-complaints = { $shop } · { $period }: khiếu nại mới: { $opened }, đã giải quyết: { $closed }
sentence-complaints = { $period }: khiếu nại mới: { $opened }, đã giải quyết: { $closed }, còn mở đến cuối kỳ: { $open }.
withheld-word = được giữ kín

## Các phần

key-figures = Chỉ số chính
key-figure = Chỉ số
running = Luỹ kế
against = so với { $base }
late-title = Ghi sổ muộn của kỳ trước
late-note = Số liệu đến sau khi kỳ đã khoá sổ; được ghi vào kỳ này và đã nằm trong các con số ở trên.
others = Khác ({ $groups } nhóm)
others-are = Khác: { $names }. Từng nhóm này được giữ kín, chỉ in tổng của chúng.
others-are-and-more = Khác: { $names } và { $more } nhóm nữa. Từng nhóm này được giữ kín, chỉ in tổng của chúng.
trend-by-day = Doanh thu thuần theo ngày
trend-by-month = Doanh thu thuần theo tháng
trend-step = { $step }: { $now } (trước đó { $before })
by-tet = So theo Tết
by-tet-note = Những ngày cách mùng 1 Tết như kỳ này, một năm trước.
by-tet-base = Tết năm trước
movers = Biến động mạnh nhất: { $title }
change-of = { $measure }, thay đổi
short-billions = { $figure } tỷ
short-millions = { $figure } tr
short-thousands = { $figure } k
total = Tổng cộng
unknown = không rõ
on-time = đúng kỳ
other-in-excel = Bảng đầy đủ theo { $columns }, mọi chỉ số: xem tệp Excel.
columns-in-excel = Số liệu theo { $columns }: xem tệp Excel.
columns-left-out = Bảng đầy đủ theo { $columns } không in ở đây; hãy nhờ quản trị viên gửi kèm tệp Excel.
more-in-excel = Còn { $rows } dòng, xem tệp Excel.
more-in-pdf = Còn { $rows } dòng, xem tệp PDF.
more-left-out = Còn { $rows } dòng không in ở đây; hãy nhờ quản trị viên gửi kèm tệp Excel.
tables-in-excel = Không đủ chỗ trong thư cho các bảng sau, xem tệp Excel: { $titles }.
tables-left-out = Không đủ chỗ trong thư cho các bảng sau; hãy nhờ quản trị viên gửi kèm tệp Excel: { $titles }.
no-rows = Không có dòng nào trong kỳ này.
withheld-legend = ••• là số được giữ kín (không phải số không): in ra có thể để lộ mua sắm của một khách hàng.
provisional = TẠM TÍNH: dữ liệu chưa đủ đến hết kỳ. { $sources }
lagging = Nguồn { $source } mới có đến { $until }: { $why }.
lagging-never = Nguồn { $source } chưa có dữ liệu nào: { $why }.
lag-failing = lần lấy gần nhất không đọc được
lag-paused = việc lấy dữ liệu đang tạm dừng
lag-not-delivered = nguồn chưa có gì mới hơn
attached = Đính kèm: { $files }.
attachments-left-out = Không đính kèm được { $files }: thư sẽ dài { $size }, mà giới hạn là { $limit }. Hãy hỏi quản trị viên để lấy tệp: firstwatch report list cho biết số của báo cáo này ({ $job }, { $period }), rồi firstwatch report show SỐ --out THƯ_MỤC ghi các tệp ra.
page-of = Trang { $page }/{ $pages }
complaints-title = Khiếu nại
complaints-by-kind = Khiếu nại theo loại
complaints-by-clock = Hạn xử lý khiếu nại, đúng hạn và trễ hạn
complaints-compensation = Bồi thường theo mức độ thiệt hại
complaints-late = Tin đến muộn về khiếu nại
times-title = Thời gian xử lý khiếu nại đúng hạn
times-median = Trung vị
times-most = Phân vị thứ 90
times-median-hours = Trung vị, giờ
times-most-hours = Phân vị thứ 90, giờ
times-withheld = Trung vị được in khi có từ { $median } khách hàng, bách phân vị thứ 90 khi có từ { $most } khách hàng: ít hơn thì gần như là số của riêng một khách.
time-under-an-hour = dưới một giờ
time-hours = { $figure } giờ
time-days = { $figure } ngày
oldest-up-to = Khiếu nại lâu nhất còn mở đã chờ không quá { $until } ngày.
oldest-between = Khiếu nại lâu nhất còn mở đã chờ trên { $from } và không quá { $until } ngày.
oldest-over = Khiếu nại lâu nhất còn mở đã chờ trên { $from } ngày.
withheld-legend-complaints = ••• là số được giữ kín (không phải số không): in ra có thể để lộ khiếu nại của một khách hàng.

## Chỉ số

measure-gross = Doanh thu gộp
measure-discounts = Giảm giá
measure-refunds = Hoàn trả
measure-net = Doanh thu thuần
measure-orders = Đơn hàng
measure-units = Sản phẩm
measure-cancellations = Đơn huỷ
measure-new-customers = Khách mới
measure-average = Bình quân mỗi đơn
measure-complaints-opened = Khiếu nại mới
measure-complaints-closed = Đã giải quyết
measure-complaints-open = Còn mở cuối kỳ
measure-complaints-reopened = Mở lại
measure-on-time = Đúng hạn
measure-breached = Trễ hạn
measure-compensations = Số lần
measure-compensation = Bồi thường

## Chiều phân tích và giá trị

dimension-product = Sản phẩm
dimension-brand = Hãng
dimension-category = Ngành hàng
dimension-province = Tỉnh, thành
dimension-region = Vùng
dimension-channel = Kênh bán
dimension-payment-method = Cách thanh toán
dimension-customer-type = Loại khách
dimension-weekday = Thứ
dimension-belongs-to = Thuộc kỳ
dimension-complaint-kind = Loại
dimension-damage-level = Mức độ thiệt hại
dimension-timeliness = Đúng hạn hay trễ
dimension-clock = Hạn xử lý
level-1 = Mức 1
level-2 = Mức 2
level-3 = Mức 3
level-4 = Mức 4
region-north = Miền Bắc
region-central = Miền Trung
region-south = Miền Nam
customer-new = Khách mới
customer-returning = Khách quay lại
weekday-short-1 = T2
weekday-1 = Thứ hai
weekday-short-2 = T3
weekday-2 = Thứ ba
weekday-short-3 = T4
weekday-3 = Thứ tư
weekday-short-4 = T5
weekday-4 = Thứ năm
weekday-short-5 = T6
weekday-5 = Thứ sáu
weekday-short-6 = T7
weekday-6 = Thứ bảy
weekday-short-7 = CN
weekday-7 = Chủ nhật

## Định nghĩa

definitions = Định nghĩa
term = Từ
meaning = Nghĩa
item = Mục
content = Nội dung
define-gross = giá × số lượng, trước giảm giá
define-discounts = mọi khoản giảm trên dòng hàng và trên đơn
define-refunds = tiền trả lại khách và đơn huỷ sau khi đã ghi nhận; tính vào ngày trả, không vào ngày đặt
define-net = doanh thu gộp − giảm giá − hoàn trả, chưa gồm thuế và phí vận chuyển
define-orders = mỗi đơn đếm một lần; đơn chờ, lỗi, nháp hay huỷ trước khi ghi nhận thì không đếm
define-units = số chiếc bán ra
define-cancellations = đơn bị huỷ sau khi đã ghi nhận
define-new-customers = khách có đơn đầu tiên được ghi nhận trong kỳ
define-average = doanh thu thuần ÷ số đơn hàng; chỉ in khi cả hai con số đều được in
define-complaints-opened = khiếu nại và thắc mắc tính vào ngày nhận, mỗi việc một lần
define-complaints-closed = lần giải quyết xong, tính vào ngày giải quyết; mở lại rồi giải quyết lại thì tính thêm
define-complaints-open = đã nhận hoặc mở lại mà đến hết kỳ chưa giải quyết xong, dù nhận từ bao giờ
define-complaints-reopened = lần giải quyết bị rút lại
define-on-time = hạn xử lý khiếu nại (phản hồi đầu tiên, giải quyết xong, các hạn khác) được giữ, tính vào ngày làm xong
define-breached = hạn xử lý khiếu nại đã qua mà chưa làm xong, tính vào ngày đến hạn, kể cả khi về sau đã làm xong
define-compensations = số lần bồi thường thiệt hại
define-compensation = số tiền bồi thường thiệt hại, tính vào ngày bồi thường
define-times = thời gian theo đồng hồ từ lúc nhận (hoặc mở lại) đến phản hồi đầu tiên và đến khi giải quyết xong, gồm cả đêm, ngày nghỉ và lúc tạm dừng, của những việc làm xong trong kỳ và đúng hạn; việc làm xong trễ được đếm là trễ hạn, không tính vào đây; làm tròn đến giờ, trên hai ngày thì đến nửa ngày
define-complaints-late = điều biết sau khi số liệu của ngày ấy đã phát hành được tính vào ngày đầu tiên sau đó

## Chân trang

provenance = Nguồn gốc số liệu
note-period = Kỳ báo cáo
note-period-text = { $range }, múi giờ { $zone } ({ $offset })
note-as-of = Dữ liệu đến
note-basis = Cách ghi nhận
basis-created = đơn tính vào ngày đặt hàng
basis-paid = đơn tính vào ngày thanh toán (trả tiền khi nhận: ngày hoàn tất)
basis-completed = đơn tính vào ngày hoàn tất
note-reconciliation = Đối chiếu
reconciliation-read = nguồn có { $rows } đơn
reconciliation-counted = ghi nhận { $orders } đơn
reconciliation-excluded = không ghi nhận { $orders } đơn ({ $reasons })
reconciliation-excluded-withheld = số đơn không ghi nhận được giữ kín
reconciliation-rejected = { $rows } dòng lỗi đang chờ sửa
status-pending = chờ xử lý
status-on-hold = tạm giữ
status-processing = đang xử lý
status-completed = hoàn tất
status-cancelled = đã huỷ
status-refunded = đã hoàn tiền
status-failed = thất bại
status-draft = nháp
status-trashed = đã xoá
note-withheld = Số được giữ kín
withheld-none = Không có số nào phải giữ kín.
withheld-some = { $withheld } trên { $cells } ô được giữ kín: ô có ít hơn { $minimum } khách hàng, ô mà một khách chiếm gần hết, và những ô mà nhờ chúng có thể tính ngược ra các ô ấy.
note-why = Vì sao bạn nhận thư này
why-group = Bạn thuộc nhóm “{ $group }” trong danh sách người nhận nội bộ của { $shop }.
why-address = Địa chỉ của bạn có tên trong báo cáo “{ $job }”, chỉ lưu hành nội bộ.
note-made-by = Lập bởi
made-by = firstwatch { $version }, công việc { $job }, kỳ { $period }

## Thư nhắc khiếu nại

alarm-subject-over = { $shop }: quá hạn – khiếu nại { $complaint }, { $clock }
alarm-subject-soon = { $shop }: sắp đến hạn – khiếu nại { $complaint }, { $clock }
alarm-subject-all-over = { $shop }: { $over } việc khiếu nại quá hạn
alarm-subject-all-soon = { $shop }: { $soon } việc khiếu nại sắp đến hạn
alarm-subject-both = { $shop }: { $over } việc khiếu nại quá hạn, { $soon } việc sắp đến hạn
alarm-title-over = Khiếu nại quá hạn
alarm-title-both = Khiếu nại quá hạn và sắp đến hạn
alarm-title-soon = Khiếu nại sắp đến hạn
alarm-sentence = Tính đến { $at }. Xin xử lý, hoặc ghi lại việc đã xử lý; mỗi lần nhắc chỉ gửi một lần.
alarm-number = Số
alarm-kind = loại
alarm-deadline = Hạn chót
alarm-left = Còn lại
alarm-level = mức thiệt hại { $level }
alarm-left-days = còn { $days } ngày
alarm-left-hours = còn { $hours } giờ
alarm-left-minutes = còn dưới 1 giờ
alarm-over-days = quá { $days } ngày
alarm-over-hours = quá { $hours } giờ
alarm-over-minutes = vừa quá hạn
alarm-more = Và { $count } việc khác: firstwatch complaint list
alarm-look = Vì sao hạn như vậy: firstwatch complaint explain SỐ. Thư này không chứa dữ liệu cá nhân.
clock-first-response = phản hồi đầu tiên
clock-resolution = giải quyết xong
clock-containment = khống chế sự cố
clock-attack-notice = báo cơ quan chức năng về vụ tấn công
clock-harm-notice = báo cơ quan chức năng về thiệt hại
complaint-data-breach = lộ dữ liệu
complaint-data-misuse = dùng sai dữ liệu
complaint-data-access = xem, sửa dữ liệu
complaint-data-objection = phản đối xử lý dữ liệu
complaint-data-deletion = xoá dữ liệu
complaint-payment = thanh toán
complaint-product = sản phẩm
complaint-delivery = giao hàng
complaint-negotiation = thương lượng
complaint-inquiry = thắc mắc

## Thư báo quản trị viên

trouble-failed = công việc { $about } thất bại
trouble-held = báo cáo { $about } đang chờ
trouble-quarantined = báo cáo { $about } bị giữ lại, chưa gửi cho ai
trouble-undelivered = thư gửi { $about } bị từ chối
trouble-ambiguous = có thư không rõ đã đến hay chưa
trouble-relay = không gửi được thư nào
trouble-disk = không ghi được vào kho dữ liệu
over-failed = công việc { $about } đã chạy lại được
over-held = báo cáo { $about } đã có đủ dữ liệu
over-quarantined = báo cáo { $about } đã gửi được
over-undelivered = thư gửi { $about } đã đến được
over-ambiguous = thư chưa rõ đã xử lý xong
over-relay = thư đã gửi được trở lại
over-disk = kho dữ liệu đã ghi lại được
over-what = Đã xảy ra
trouble-since = Từ lúc
trouble-until = Đến lúc
trouble-job = Công việc
trouble-slot = Lịch chạy
trouble-period = Kỳ báo cáo
trouble-run = Lần chạy
trouble-what = Chuyện gì
trouble-do = Cần làm gì
trouble-subject = { $shop }: { $trouble }
remedy-failed = Sửa nguyên nhân ở trên rồi chạy lại: firstwatch run retry { $run }
remedy-held = Lấy dữ liệu còn thiếu (firstwatch job run với công việc pull); báo cáo tự chạy khi đủ dữ liệu. Quá thời gian chờ, nó sẽ được gửi kèm dấu TẠM TÍNH.
remedy-quarantined = Trong báo cáo có chữ trùng với dữ liệu của một khách hàng. Xem firstwatch run show { $run }. Nhiều khả năng một cột bị khai nhầm thành tên hàng, hãng hoặc kênh: sửa nguồn rồi chạy lại.
remedy-undelivered = Kiểm tra địa chỉ và máy chủ thư (firstwatch outbox list --state refused), rồi: firstwatch outbox retry hoặc cancel
remedy-ambiguous = Xem thư nào: firstwatch outbox list --state ambiguous. Hỏi người nhận. Đã đến: firstwatch outbox cancel SỐ; chưa đến: firstwatch outbox retry SỐ
remedy-relay = Xem máy chủ thư trả lời gì: firstwatch outbox list. Sửa máy chủ thư, địa chỉ hoặc mật khẩu trong [mail]; không mất thư nào, thư tự đi khi gửi lại được.
remedy-disk = Dọn chỗ hoặc sửa ổ đĩa của thư mục dữ liệu. Không có gì bị mất; công việc tự chạy tiếp khi ghi lại được.

## Payment statements

statement-title = Bảng kê giao dịch thanh toán
statement-for = Kính gửi { $name }
statement-customer = Khách hàng số { $number }
statement-made = Lập ngày { $day }, giờ { $zone }
statement-ask = Quý khách vui lòng rà soát từng giao dịch dưới đây, xác nhận giao dịch đúng và báo cho chúng tôi giao dịch không đúng trước ngày { $day }. Giao dịch nào Quý khách báo không đúng sẽ được mở thành khiếu nại và xử lý theo thời hạn đã công bố.
statement-settled = Quý khách đã trả lời mọi giao dịch dưới đây. Nếu có gì không đúng, xin báo cho chúng tôi bất cứ lúc nào.
statement-nothing = Chưa có giao dịch thanh toán nào được ghi nhận.
statement-time = Thời gian
statement-order = Đơn hàng
statement-payment = Giao dịch
statement-method = Phương thức
statement-status = Trạng thái
statement-amount = Số tiền
statement-answer = Quý khách trả lời
statement-open = chưa xác nhận
statement-confirmed = đã xác nhận { $day }
statement-disputed = không đồng ý { $day }, khiếu nại số { $number }
statement-sum = Đã nhận, trong { $count } giao dịch
statement-note = Bảng kê này chứa dữ liệu cá nhân và chỉ dành cho chính Quý khách.
statement-page = Trang PAGE/PAGES
statement-received = đã nhận
statement-returned = đã hoàn lại
statement-not-received = chưa nhận
statement-by-transfer = chuyển khoản
statement-by-card = thẻ
statement-by-cash = tiền mặt
statement-by-cod = thu khi giao hàng

## Heads of the audit log

head-subject = { $shop }: nhật ký kiểm toán đến dòng { $no }
head-title = Dòng cuối của nhật ký kiểm toán
head-sentence = Tính đến { $at }, nhật ký kiểm toán kết thúc ở dòng này. Xin giữ lại thư này.
head-line = Dòng
head-keep = firstwatch audit verify --heads FILE đối chiếu nhật ký với các thư và dòng trong FILE. Thư này không chứa dữ liệu cá nhân.


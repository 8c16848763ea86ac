-- The plain schema that plain-postgres.toml and plain-mysql.toml read: for a shop without a system of its own, or as
-- views over one. Every change of an order, of its lines, its refunds or its payments sets the order's `updated_at`.
-- In MySQL and MariaDB, `timestamp` columns are instants and `numeric` is `decimal`.

CREATE TABLE customers (
    customer_id varchar(60) PRIMARY KEY,
    name varchar(200), email varchar(200), phone varchar(60), address varchar(500), province varchar(100),
    created_at timestamp NULL, updated_at timestamp NOT NULL
);

CREATE TABLE orders (
    order_id varchar(60) PRIMARY KEY,
    placed_at timestamp NOT NULL, status varchar(60) NOT NULL,
    paid_at timestamp NULL, completed_at timestamp NULL, cancelled_at timestamp NULL,
    channel varchar(60), customer_id varchar(60),
    name varchar(200), email varchar(200), phone varchar(60), address varchar(500), province varchar(100),
    payment_method varchar(60), currency char(3),
    discount numeric(14, 2), shipping numeric(14, 2), tax numeric(14, 2), fees numeric(14, 2), total numeric(14, 2),
    updated_at timestamp NOT NULL
);
CREATE INDEX orders_by_change ON orders (updated_at);

CREATE TABLE order_lines (
    order_id varchar(60) NOT NULL REFERENCES orders (order_id), line_id integer NOT NULL,
    product varchar(300) NOT NULL, sku varchar(60), brand varchar(100), category varchar(100),
    quantity integer NOT NULL, unit_price numeric(14, 2) NOT NULL, discount numeric(14, 2), tax numeric(14, 2),
    PRIMARY KEY (order_id, line_id)
);

CREATE TABLE refunds (
    refund_id varchar(60) PRIMARY KEY, order_id varchar(60) NOT NULL REFERENCES orders (order_id),
    refunded_at timestamp NOT NULL, amount numeric(14, 2) NOT NULL, line_id integer, quantity integer,
    reason varchar(200)
);

CREATE TABLE payments (
    payment_id varchar(60) PRIMARY KEY, order_id varchar(60) NOT NULL REFERENCES orders (order_id),
    paid_at timestamp NOT NULL, method varchar(60) NOT NULL, amount numeric(14, 2) NOT NULL,
    status varchar(60) NOT NULL, reference varchar(200)
);

CREATE TABLE complaints (
    complaint_id varchar(60) PRIMARY KEY, received_at timestamp NOT NULL, kind varchar(60) NOT NULL,
    subject varchar(300), body text, customer_id varchar(60), email varchar(200), phone varchar(60),
    order_id varchar(60), channel varchar(60), damage_level integer, due_at timestamp NULL,
    acknowledged_at timestamp NULL, resolved_at timestamp NULL, status varchar(60), updated_at timestamp NOT NULL
);

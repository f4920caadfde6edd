-- Every batch asks in which vehicle each of its terminals sits; answered from the index alone.
CREATE INDEX terminal_binding_by_terminal ON terminal_binding (terminal_id) INCLUDE (vehicle_id, during);

-- Rows are written by the thousand; readers go by (xid, id), and within a transaction ids still ascend.
ALTER SEQUENCE position_change_id_seq CACHE 1000;

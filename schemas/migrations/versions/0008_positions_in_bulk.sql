-- Every batch asks in which vehicle each of its terminals sits; answered from the index alone.
CREATE INDEX terminal_binding_by_terminal ON terminal_binding (terminal_id) INCLUDE (vehicle_id, during);

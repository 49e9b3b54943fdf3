update inbound_text set answered = true where message_sid = $message_sid;

package io.tocsin.flink;

import io.tocsin.match.Matcher;
import io.tocsin.match.Pack;
import io.tocsin.match.Refused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.flink.metrics.Counter;
import org.apache.flink.metrics.MetricGroup;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
import org.apache.flink.table.functions.FunctionContext;
import org.apache.flink.table.functions.TableFunction;
import org.apache.flink.types.Row;

/**
 * The pack in this jar as a table function: an event's bytes in, a row for each match out.
 *
 * <p>A row with a `reason` is no match: the event is refused (no `detection_id`), or a detection
 * could not be evaluated on it. An event never fails the job; a damaged pack does, when it starts.
 * `event` is the event as text; bytes that are no UTF-8 become replacement characters.
 */
@FunctionHint(
        output =
                @DataTypeHint(
                        "ROW<detection_id STRING, logic STRING, event_time STRING,"
                                + " event_id STRING, reason STRING, event STRING>"))
public class Match extends TableFunction<Row> {
    private static final long serialVersionUID = 1L;
    private static final byte[] NOTHING = {};

    private transient Matcher matcher;
    private transient MetricGroup detections;
    private transient int told;
    private transient Counter events;
    private transient Counter matches;
    private transient Counter refused;
    private transient Counter failed;

    @Override
    public void open(FunctionContext context) throws IOException {
        matcher = new Matcher(pack());
        MetricGroup group =
                context.getMetricGroup().addGroup("tocsin").addGroup("source", matcher.source());
        events = group.counter("events");
        matches = group.counter("matches");
        refused = group.counter("refused");
        failed = group.counter("failed");
        group.gauge("evaluated", matcher::evaluated);
        detections = group;
    }

    private static Pack pack() throws IOException {
        try {
            return Pack.read(
                    resource("pack"), resource("regexes.json"), resource("letters.json"));
        } catch (Refused no) {
            throw new IOException("the pack in this jar cannot be loaded: " + no.getMessage());
        }
    }

    private static byte[] resource(String name) throws IOException {
        try (InputStream stream = Match.class.getResourceAsStream("/tocsin/" + name)) {
            if (stream == null) {
                throw new IOException("this jar has no tocsin/" + name + ": it was not made by Tocsin");
            }
            return stream.readAllBytes();
        }
    }

    /** One event; null, the value of a record that deletes, is refused like no bytes. */
    public void eval(byte[] value) {
        byte[] event = value == null ? NOTHING : value;
        events.inc();
        int count;
        try {
            count = matcher.match(event);
        } catch (Refused no) {
            refused.inc();
            collect(Row.of(null, null, null, null, no.getMessage(), text(event)));
            return;
        }
        if (matcher.isolated() > told) {
            reportIsolated();
        }
        if (count == 0 && matcher.failures().isEmpty()) {
            return;
        }
        String text = text(event);
        matches.inc(count);
        for (int i = 0; i < count; i++) {
            String id = matcher.eventId(i);
            collect(Row.of(matcher.id(i), matcher.logic(i), matcher.time(i), id, null, text));
        }
        for (Map.Entry<String, String> each : matcher.failures().entrySet()) {
            failed.inc();
            collect(Row.of(each.getKey(), null, null, null, each.getValue(), text));
        }
    }

    /** Metrics are what an operator can be asked for from outside. */
    private void reportIsolated() {
        for (String id : matcher.isolatedIds().subList(told, matcher.isolated())) {
            detections.addGroup("detection", id).gauge("isolated", () -> 1);
        }
        told = matcher.isolated();
    }

    private static String text(byte[] event) {
        return new String(event, StandardCharsets.UTF_8);
    }
}

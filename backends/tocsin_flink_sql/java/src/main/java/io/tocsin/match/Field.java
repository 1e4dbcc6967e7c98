package io.tocsin.match;

import java.util.List;

/** A field as rules name it: the flat key if the event has it, else the dotted path. */
final class Field {
    private final ValuePlace flat;
    private final ValuePlace path;

    Field(ValuePlace flat, ValuePlace path) {
        this.flat = flat;
        this.path = path;
    }

    /** The place that has the field's values in this event. */
    ValuePlace of(Event event) {
        return event.valued(flat == null || path != null && !event.has(flat) ? path : flat);
    }

    /** Where it may be. */
    List<ValuePlace> places() {
        return flat == null ? List.of(path) : path == null ? List.of(flat) : List.of(flat, path);
    }
}

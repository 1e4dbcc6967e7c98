package io.tocsin.match;

/**
 * What is looked for in every new value of a place, so that only detections that may match are
 * evaluated. A literal is folded (`EQUALS`) or in search form; `leaf` is set for `TEST` alone.
 */
record Atom(ValuePlace place, Kind kind, String literal, int leaf, Test test) {
    enum Kind {
        /** Any value but null. */
        PRESENT,
        EQUALS,
        STARTS,
        ENDS,
        CONTAINS,
        /** Nothing cheaper than the test itself. */
        TEST
    }

    static Atom present(ValuePlace place) {
        return new Atom(place, Kind.PRESENT, "", 0, null);
    }

    static Atom literal(ValuePlace place, Kind kind, String literal) {
        return new Atom(place, kind, literal, 0, null);
    }

    static Atom test(ValuePlace place, int leaf, Test test) {
        return new Atom(place, Kind.TEST, "", leaf, test);
    }

    /** How often it may hold, of 1, where no event was seen yet. */
    double guess() {
        return switch (kind) {
            case PRESENT -> 0.9;
            case TEST -> 0.5;
            case EQUALS -> literal.length() < 4 ? 0.1 : 0.02;
            default -> Math.max(0.0005, Math.pow(0.6, literal.length()));
        };
    }
}

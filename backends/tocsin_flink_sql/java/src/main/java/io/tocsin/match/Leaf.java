package io.tocsin.match;

import java.util.List;

/** A question about fields, asked once an event however many detections ask it. */
abstract class Leaf implements Node {
    final int number;

    /** One of these holds where the leaf does; null where nothing can be said. */
    final List<Atom> atoms;

    private int answeredFor;
    private boolean answer;

    Leaf(int number, List<Atom> atoms) {
        this.number = number;
        this.atoms = atoms;
    }

    abstract boolean ask(Event event) throws Costly;

    @Override
    public boolean holds(Event event) throws Costly {
        if (answeredFor != event.sequence) {
            answer = ask(event);
            answeredFor = event.sequence;
        }
        return answer;
    }

    @Override
    public int rank() {
        return 0;
    }

    /** Some text of the field passes. */
    static final class Passes extends Leaf {
        final Field field;
        final Test test;
        private final boolean expensive;

        Passes(int number, List<Atom> atoms, Field field, Test test) {
            super(number, atoms);
            this.field = field;
            this.test = test;
            this.expensive = test.expensive();
        }

        @Override
        boolean ask(Event event) throws Costly {
            ValuePlace place = field.of(event);
            if (place.kind == ValuePlace.Kind.ONE) {
                return asked(place.one);
            }
            if (place.kind == ValuePlace.Kind.MANY) {
                for (int i = 0; i < place.count; i++) {
                    if (asked(place.many[i])) {
                        return true;
                    }
                }
            }
            return false;
        }

        private boolean asked(Value value) throws Costly {
            return expensive ? value.passes(test, number) : test.passes(value);
        }

        @Override
        public int rank() {
            return expensive ? 2 : 0;
        }
    }

    /** The field is missing; `present` are the atoms of the opposite. */
    static final class Missing extends Leaf {
        private final Field field;
        final List<Atom> present;

        Missing(int number, Field field, List<Atom> present) {
            super(number, null);
            this.field = field;
            this.present = present;
        }

        @Override
        boolean ask(Event event) {
            return field.of(event).kind == ValuePlace.Kind.NOTHING;
        }
    }

    /** Some text of a field compares so with some text of another. */
    static final class Compares extends Leaf {
        private final Field field;
        private final Field other;
        private final String how;
        private final boolean cased;

        Compares(int number, List<Atom> atoms, Field field, Field other, String how, boolean cased) {
            super(number, atoms);
            this.field = field;
            this.other = other;
            this.how = how;
            this.cased = cased;
        }

        @Override
        boolean ask(Event event) {
            String[] own = texts(field.of(event));
            String[] others = texts(other.of(event));
            for (String text : own) {
                for (String with : others) {
                    if (compares(how, text, with)) {
                        return true;
                    }
                }
            }
            return false;
        }

        private String[] texts(ValuePlace place) {
            if (place.kind == ValuePlace.Kind.NOTHING) {
                return new String[0];
            }
            boolean one = place.kind == ValuePlace.Kind.ONE;
            String[] made = new String[one ? 1 : place.count];
            for (int i = 0; i < made.length; i++) {
                Value value = one ? place.one : place.many[i];
                made[i] = cased ? value.text : value.folded;
            }
            return made;
        }

        static boolean compares(String how, String text, String with) {
            return switch (how) {
                case "equals" -> text.equals(with);
                case "contains" -> text.contains(with);
                case "startswith" -> text.startsWith(with);
                default -> text.endsWith(with);
            };
        }
    }
}

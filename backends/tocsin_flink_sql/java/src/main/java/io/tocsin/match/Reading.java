package io.tocsin.match;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The event at hand of a thread, read once however many functions of a statement ask for its parts.
 *
 * <p>What is asked for is known by the object that names it: a constant of a statement is one.
 */
public final class Reading {
    private static final ThreadLocal<Reading> OF_THREAD = ThreadLocal.withInitial(Reading::new);
    private static final Fold FOLD = fold();
    private static final int MOST_NAMES = 10_000;

    private final Fields fields = new Fields(FOLD);
    private final Event event = new Event(FOLD, fields.root, fields.anywhere);
    private final Map<Object, Field> known = new IdentityHashMap<>();
    private final Map<Object, Map<Object, Asked>> asked = new IdentityHashMap<>();
    private final Map<Object, List<Field>> lists = new IdentityHashMap<>();
    private final TestReader tests = new TestReader();

    private byte[] bytes;
    private String refused;
    private Field[] had = new Field[16];
    private Texts[] texts = new Texts[16];
    private int count;

    private Reading() {}

    /** That of this thread. */
    public static Reading here() {
        return OF_THREAD.get();
    }

    private static Fold fold() {
        try (InputStream letters = Reading.class.getResourceAsStream("/tocsin/letters.json")) {
            if (letters == null) {
                throw new IllegalStateException("this jar has no letters: it was not made by Tocsin");
            }
            return new Fold(Record.list(Json.parseOwn(letters.readAllBytes())));
        } catch (IOException | Refused no) {
            throw new IllegalStateException("the letters of this jar cannot be read: " + no);
        }
    }

    // --- events ---------------------------------------------------------------------------------

    /** Why these bytes are no event; null where they are one. */
    public String refused(byte[] given) {
        if (given == null || given != bytes) {
            bytes = given;
            count = 0;
            try {
                event.read(given);
                refused = null;
            } catch (Refused no) {
                refused = no.getMessage();
            }
        }
        return refused;
    }

    /** A field's texts; null where it is missing, or the bytes are no event. */
    public Texts field(byte[] given, Object name, Object path) {
        Field field = known.get(path == null ? name : path);
        return texts(given, field == null ? named(name, path) : field);
    }

    /** Every scalar of the event. */
    public Texts scalars(byte[] given) {
        return texts(given, fields.of(null, null));
    }

    /** The moment in UTC that the one text of a field names in a unit. */
    public LocalDateTime time(byte[] given, String unit, Object name, Object path) {
        Texts found = field(given, name, path);
        return found == null || found.count() != 1 ? null : Clock.of(found.get(0), unit);
    }

    /** What identifies the event: the texts of these fields, else its digest. */
    public String id(byte[] given, Object names) {
        List<Field> of = fieldsOf(names);
        return refused(given) == null ? Identity.of(event, of) : null;
    }

    private Texts texts(byte[] given, Field field) {
        if (refused(given) != null) {
            return null;
        }
        for (int i = 0; i < count; i++) {
            if (had[i] == field) {
                return texts[i];
            }
        }
        if (count == had.length) {
            had = Arrays.copyOf(had, count * 2);
            texts = Arrays.copyOf(texts, count * 2);
        }
        had[count] = field;
        texts[count] = read(field.of(event));
        return texts[count++];
    }

    private static Texts read(ValuePlace place) {
        return switch (place.kind) {
            case ONE -> new Texts(new Value[] {place.one});
            case MANY -> new Texts(Arrays.copyOf(place.many, place.count));
            default -> null;
        };
    }

    // --- names ----------------------------------------------------------------------------------

    private Field named(Object name, Object path) {
        bound(known);
        Field made = fields.of(name.toString(), path == null ? null : parts(path.toString()));
        known.put(path == null ? name : path, made);
        bytes = null; // the event was read without a look at this
        return made;
    }

    private List<Field> fieldsOf(Object names) {
        List<Field> old = lists.get(names);
        if (old != null) {
            return old;
        }
        bound(lists);
        List<Field> made = new ArrayList<>();
        for (Object name : list(names.toString())) {
            made.add(
                    name instanceof List<?> pair
                            ? fields.of((String) pair.get(0), texts((List<?>) pair.get(1)))
                            : fields.of((String) name, null));
        }
        lists.put(names, made);
        bytes = null;
        return made;
    }

    private static List<String> parts(String json) {
        return texts(list(json));
    }

    private static List<String> texts(List<?> some) {
        return some.stream().map(String.class::cast).toList();
    }

    private static List<?> list(String json) {
        try {
            return Record.list(Json.parseOwn(json.getBytes(StandardCharsets.UTF_8)));
        } catch (Refused no) {
            throw new IllegalArgumentException(no.getMessage());
        }
    }

    private static void bound(Map<?, ?> map) {
        if (map.size() >= MOST_NAMES) {
            map.clear();
        }
    }

    // --- tests ----------------------------------------------------------------------------------

    /** Whether one of a field's texts passes a test. */
    public boolean passes(Object handed, Object kind, Object value, Function<Object, String[]> of) {
        Map<Object, Asked> ofKind = asked.computeIfAbsent(kind, k -> new IdentityHashMap<>());
        Asked test = ofKind.get(value);
        if (test == null) {
            bound(ofKind);
            test = tests.asked(kind.toString(), value.toString());
            ofKind.put(value, test);
        }
        return texts(handed, of).pass(test);
    }

    /** Whether one of a field's texts compares so with one of another's. */
    public boolean related(
            Object handed, Object others, String how, boolean cased, Function<Object, String[]> of) {
        return texts(handed, of).compare(how, cased, texts(others, of));
    }

    /** The texts that something stands for; read out of it where another thread handed it out. */
    private Texts texts(Object handed, Function<Object, String[]> of) {
        for (int i = 0; i < count; i++) {
            if (texts[i] != null && texts[i].handed() == handed) {
                return texts[i];
            }
        }
        String[] read = of.apply(handed);
        Value[] made = new Value[read.length];
        Arrays.setAll(made, i -> new Value(read[i], FOLD.fold(read[i])));
        return new Texts(made);
    }
}

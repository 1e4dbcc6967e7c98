package io.tocsin.match;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes leaves of the lists that stand for them in a pack. */
final class LeafReader {
    private final Fields fields;
    private final Fold fold;
    private final Record regexes;
    private final Map<String, Search> searches = new HashMap<>();

    LeafReader(Fields fields, Record regexes) {
        this.fields = fields;
        this.fold = fields.fold;
        this.regexes = regexes;
    }

    /** How many values the list of a leaf has. */
    private static final Map<String, Integer> SIZES =
            Map.of(
                    "null", 2, "field", 5, "text", 3, "cased", 3, "regex", 5, "cidr", 3,
                    "compare", 4, "time", 5);

    private static final Set<String> HOW = Set.of("equals", "contains", "startswith", "endswith");
    private static final Set<String> OPS = Set.of("gt", "gte", "lt", "lte");
    private static final Set<String> UNITS =
            Set.of("minute", "hour", "day", "week", "month", "year");

    /** The list of a leaf of a known kind, as long as it must be. */
    static List<?> checked(Object code) throws Refused {
        List<?> list = Record.list(code);
        Integer size = list.isEmpty() ? null : SIZES.get(Record.text(list.get(0)));
        if (size == null) {
            throw new Refused("unknown leaf " + (list.isEmpty() ? "" : list.get(0)));
        }
        if (list.size() != size) {
            throw new Refused("a leaf " + list.get(0) + " of " + list.size() + " values");
        }
        return list;
    }

    Leaf leaf(int number, List<?> code, Map<String, List<String>> paths) throws Refused {
        String kind = Record.text(code.get(0));
        boolean named = kind.equals("null") || kind.equals("field");
        Field field = field(named ? Record.text(code.get(1)) : code.get(1), paths);
        switch (kind) {
            case "null":
                return new Leaf.Missing(number, field, present(field));
            case "field":
                Field other = field(Record.text(code.get(2)), paths);
                String how = Record.oneOf(HOW, code.get(3));
                boolean cased = Record.truth(code.get(4));
                return new Leaf.Compares(number, present(field), field, other, how, cased);
            case "text", "cased":
                List<?> pattern = pattern(code.get(2));
                Test glob = new Glob(pattern, kind.equals("cased"));
                return new Leaf.Passes(number, textAtoms(field, pattern, number, glob), field, glob);
            case "regex":
                Test search = search(Record.text(code.get(2)), Record.text(code.get(3)));
                List<Atom> guards = guards(field, Record.list(code.get(4)), number, search);
                return new Leaf.Passes(number, guards, field, search);
            default:
                Test test = test(kind, code);
                return new Leaf.Passes(number, tests(field, number, test), field, test);
        }
    }

    static Test test(String kind, List<?> code) throws Refused {
        return switch (kind) {
            case "cidr" -> new Network(Record.text(code.get(2)));
            case "compare" -> comparison(Record.text(code.get(2)), code.get(3));
            case "time" -> moment(code);
            default -> throw new Refused("unknown leaf " + kind);
        };
    }

    private static Test moment(List<?> code) throws Refused {
        int first = Record.number(code.get(3));
        int last = Record.number(code.get(4));
        if (last < first) {
            throw new Refused("no number is from " + first + " to " + last);
        }
        return new Moment(Record.oneOf(UNITS, code.get(2)), first, last);
    }

    private static Test comparison(String op, Object number) throws Refused {
        if (!(number instanceof BigInteger) && !(number instanceof Double)) {
            throw new Refused("expected a number, got " + number);
        }
        return new Comparison(Record.oneOf(OPS, op), (Number) number);
    }

    /** Literals, 0 for any run of characters, 1 for exactly one. */
    private static List<?> pattern(Object code) throws Refused {
        for (Object part : Record.list(code)) {
            if (!(part instanceof String) && Record.number(part) >>> 1 != 0) {
                throw new Refused("expected a text, 0 or 1 in a pattern, got " + part);
            }
        }
        return Record.list(code);
    }

    private Field field(Object name, Map<String, List<String>> paths) throws Refused {
        return name == null ? fields.of(null, null) : fields.of(Record.text(name), paths.get(name));
    }

    private Test search(String pattern, String flags) throws Refused {
        Search known = searches.get(flags + ":" + pattern);
        if (known == null) {
            Expression read = Expression.read(regexes.text(flags + ":" + pattern));
            known = new Search(new Program(read), Search.MOST_WORK);
            searches.put(flags + ":" + pattern, known);
        }
        return known;
    }

    private static List<Atom> present(Field field) {
        return field.places().stream().map(Atom::present).toList();
    }

    private static List<Atom> tests(Field field, int number, Test test) {
        return field.places().stream().map(p -> Atom.test(p, number, test)).toList();
    }

    private static List<Atom> guards(Field field, List<?> guard, int number, Test test)
            throws Refused {
        if (guard.isEmpty()) {
            return tests(field, number, test);
        }
        List<Atom> made = new ArrayList<>();
        for (Object literal : guard) {
            made.addAll(literals(field, Atom.Kind.CONTAINS, Record.text(literal)));
        }
        return made;
    }

    private static List<Atom> literals(Field field, Atom.Kind kind, String literal) {
        return field.places().stream().map(p -> Atom.literal(p, kind, literal)).toList();
    }

    /** What the longest literal of a pattern says. */
    private List<Atom> textAtoms(Field field, List<?> pattern, int number, Test test) {
        int longest = -1;
        for (int i = 0; i < pattern.size(); i++) {
            if (pattern.get(i) instanceof String text) {
                boolean longer = longest < 0 || text.length() > length(pattern.get(longest));
                longest = longer ? i : longest;
            }
        }
        boolean whole = pattern.size() == (longest < 0 ? 0 : 1);
        if (whole) {
            String text = longest < 0 ? "" : (String) pattern.get(0);
            return literals(field, Atom.Kind.EQUALS, fold.fold(text));
        }
        if (longest < 0) {
            boolean any = pattern.size() == 1 && ((Number) pattern.get(0)).intValue() == 0;
            return any ? present(field) : tests(field, number, test);
        }
        Atom.Kind kind =
                longest == 0
                        ? Atom.Kind.STARTS
                        : longest == pattern.size() - 1 ? Atom.Kind.ENDS : Atom.Kind.CONTAINS;
        return literals(field, kind, fold.search((String) pattern.get(longest)));
    }

    private static int length(Object literal) {
        return ((String) literal).length();
    }
}

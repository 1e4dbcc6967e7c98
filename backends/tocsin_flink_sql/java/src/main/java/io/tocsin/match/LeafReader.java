package io.tocsin.match;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

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

    Leaf leaf(int number, List<?> code, Map<String, List<String>> paths) throws Refused {
        String kind = Record.text(code.get(0));
        Field field = field(code.get(1), paths);
        switch (kind) {
            case "null":
                return new Leaf.Missing(number, field, present(field));
            case "field":
                Field other = field(Record.text(code.get(2)), paths);
                String how = Record.text(code.get(3));
                boolean cased = Record.truth(code.get(4));
                return new Leaf.Compares(number, present(field), field, other, how, cased);
            case "text", "cased":
                List<?> pattern = Record.list(code.get(2));
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
            case "time" -> new Moment(
                            Record.text(code.get(2)),
                            Record.number(code.get(3)),
                            Record.number(code.get(4)));
            default -> throw new Refused("unknown leaf " + kind);
        };
    }

    private static Test comparison(String op, Object number) throws Refused {
        if (!(number instanceof BigInteger) && !(number instanceof Double)) {
            throw new Refused("expected a number, got " + number);
        }
        return new Comparison(op, (Number) number);
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

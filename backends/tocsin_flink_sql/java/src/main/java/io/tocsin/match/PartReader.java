package io.tocsin.match;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads detections; equal leaves and equal selections of events become one. */
final class PartReader {
    final Fields fields;
    private final LeafReader leaves;
    private final Map<List<Object>, Leaf> known = new HashMap<>();
    private final Map<List<Object>, Detection.Where> wheres = new HashMap<>();
    private final Set<Atom> atoms = new LinkedHashSet<>();

    PartReader(Fold fold, Record regexes) {
        fields = new Fields(fold);
        leaves = new LeafReader(fields, regexes);
    }

    List<Atom> atoms() {
        return List.copyOf(atoms);
    }

    Detection detection(Record part) throws Refused {
        Object form = part.data().get("form");
        if (!(form instanceof Number number) || number.intValue() != Pack.FORM) {
            throw new Refused("form " + form + " of detections is not known here");
        }
        Map<String, List<String>> paths = paths(Record.of(part.data().get("paths")));
        List<Leaf> own = new ArrayList<>();
        for (Object code : part.list("leaves")) {
            own.add(leaf(Record.list(code), paths));
        }
        String time = part.text("time");
        List<Field> identity = new ArrayList<>();
        for (Object name : part.list("id")) {
            identity.add(fields.of(Record.text(name), paths.get(name)));
        }
        return new Detection(
                part.text("detection"),
                part.text("logic"),
                part.text("source"),
                time.isEmpty() ? null : clock(fields.of(time, paths.get(time)), part.text("unit")),
                identity,
                where(part.data().get("where"), own),
                node(part.data().get("expr"), own));
    }

    private static Clock clock(Field field, String unit) throws Refused {
        try {
            return new Clock(field, unit);
        } catch (IllegalArgumentException no) {
            throw new Refused(no.getMessage());
        }
    }

    private static Map<String, List<String>> paths(Record given) throws Refused {
        Map<String, List<String>> made = new HashMap<>();
        for (Object name : given.data().keySet()) {
            List<String> path = new ArrayList<>();
            for (Object part : given.list((String) name)) {
                path.add(Record.text(part));
            }
            made.put((String) name, path);
        }
        return made;
    }

    private Leaf leaf(List<?> code, Map<String, List<String>> paths) throws Refused {
        List<Object> key = new ArrayList<>(code);
        key.add(paths.get(code.size() > 1 ? code.get(1) : null));
        key.add("field".equals(code.get(0)) ? paths.get(code.get(2)) : null);
        Leaf leaf = known.get(key);
        if (leaf == null) {
            leaf = leaves.leaf(known.size() + 1, code, paths);
            known.put(key, leaf);
            atoms.addAll(leaf.atoms == null ? List.of() : leaf.atoms);
            atoms.addAll(leaf instanceof Leaf.Missing missing ? missing.present : List.of());
        }
        return leaf;
    }

    private Detection.Where where(Object tree, List<Leaf> own) throws Refused {
        List<Object> key = new ArrayList<>();
        Node node = node(tree, own);
        numbers(node, key);
        return wheres.computeIfAbsent(key, k -> new Detection.Where(node));
    }

    /** A condition as a list: equal lists, equal conditions. */
    private static void numbers(Node node, List<Object> key) {
        if (node instanceof Leaf leaf) {
            key.add(leaf.number);
        } else if (node instanceof Node.Not not) {
            key.add("not");
            numbers(not.below(), key);
        } else if (node instanceof Node.Many many) {
            key.add(many.all ? "and" : "or");
            key.add((long) many.below.length);
            for (Node below : many.below) {
                numbers(below, key);
            }
        } else {
            key.add(node);
        }
    }

    private Node node(Object tree, List<Leaf> own) throws Refused {
        if (tree instanceof Boolean value) {
            return new Node.Const(value);
        }
        if (tree instanceof Number) {
            int number = Record.number(tree);
            if (number < 0 || number >= own.size()) {
                throw new Refused("there is no leaf " + number);
            }
            return own.get(number);
        }
        List<?> list = Record.list(tree);
        Node[] below = new Node[list.size() - 1];
        for (int i = 0; i < below.length; i++) {
            below[i] = node(list.get(i + 1), own);
        }
        return switch (Record.text(list.get(0))) {
            case "and" -> new Node.Many(true, below);
            case "or" -> either(below);
            case "not" -> new Node.Not(below[0]);
            default -> throw new Refused("not a condition: " + list.get(0));
        };
    }

    /** An `or`; its cheap tests of one field become one. */
    private Node either(Node[] below) {
        Map<Field, List<Leaf.Passes>> tests = new LinkedHashMap<>();
        List<Node> made = new ArrayList<>();
        for (Node node : below) {
            if (node instanceof Leaf.Passes leaf && leaf.rank() == 0) {
                tests.computeIfAbsent(leaf.field, f -> new ArrayList<>()).add(leaf);
            } else {
                made.add(node);
            }
        }
        tests.values().forEach(leaves -> made.add(leaves.size() == 1 ? leaves.get(0) : any(leaves)));
        return made.size() == 1 ? made.get(0) : new Node.Many(false, made.toArray(Node[]::new));
    }

    private Leaf any(List<Leaf.Passes> leaves) {
        List<Object> key = new ArrayList<>(List.of("any"));
        List<Atom> asked = new ArrayList<>();
        for (Leaf.Passes leaf : leaves) {
            key.add(leaf.number);
            asked.addAll(leaf.atoms);
        }
        Leaf found = known.get(key);
        if (found == null) {
            Test test = new AnyOf(leaves.stream().map(leaf -> leaf.test).toArray(Test[]::new));
            found = new Leaf.Passes(known.size() + 1, asked, leaves.get(0).field, test);
            known.put(key, found);
        }
        return found;
    }
}

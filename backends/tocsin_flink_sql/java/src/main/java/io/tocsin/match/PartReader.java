package io.tocsin.match;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Reads detections; equal leaves and equal selections of events become one. */
final class PartReader {
    private static final int DEEPEST = 100;
    private static final Pattern TOPIC = Pattern.compile("[A-Za-z0-9._-]{0,249}");
    private static final Set<String> NODES = Set.of("and", "or", "not");
    private static final Set<String> KEYS =
            Set.of(
                    "form", "detection", "logic", "source", "topic", "time", "unit", "id", "paths",
                    "leaves", "where", "expr");

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
        part.keys(KEYS);
        if (part.number("form") != Pack.FORM) {
            throw new Refused("form " + part.number("form") + " of detections is not known here");
        }
        if (!TOPIC.matcher(part.text("topic")).matches()) {
            throw new Refused("no topic of Kafka: " + part.text("topic"));
        }
        Map<String, List<String>> paths = paths(Record.of(part.data().get("paths")));
        List<Leaf> own = new ArrayList<>();
        for (Object code : part.list("leaves")) {
            own.add(leaf(LeafReader.checked(code), paths));
        }
        String time = part.text("time");
        String unit = Record.oneOf(Clock.UNITS, part.data().get("unit"));
        List<Field> identity = new ArrayList<>();
        for (String name : Record.texts(part.data().get("id"))) {
            identity.add(fields.of(name, paths.get(name)));
        }
        return new Detection(
                part.text("detection"),
                part.text("logic"),
                part.text("source"),
                time.isEmpty() ? null : new Clock(fields.of(time, paths.get(time)), unit),
                identity,
                where(part.data().get("where"), own),
                node(part.data().get("expr"), own, 0));
    }

    private static Map<String, List<String>> paths(Record given) throws Refused {
        Map<String, List<String>> made = new HashMap<>();
        for (Map.Entry<?, ?> each : given.data().entrySet()) {
            List<String> path = Record.texts(each.getValue());
            if (path.isEmpty()) {
                throw new Refused("the path of " + each.getKey() + " has no parts");
            }
            made.put((String) each.getKey(), path);
        }
        return made;
    }

    private Leaf leaf(List<?> code, Map<String, List<String>> paths) throws Refused {
        List<Object> key = new ArrayList<>(code);
        key.add(paths.get(code.get(1)));
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
        Node node = node(tree, own, 0);
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

    private Node node(Object tree, List<Leaf> own, int depth) throws Refused {
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
        if (depth >= DEEPEST) {
            throw new Refused("nested deeper than " + DEEPEST + " levels");
        }
        List<?> list = Record.list(tree);
        String kind = list.isEmpty() ? "" : Record.oneOf(NODES, list.get(0));
        boolean alone = kind.equals("not");
        if (alone ? list.size() != 2 : list.size() < 3) {
            throw new Refused("not a condition: a list " + kind + " of " + list.size());
        }
        Node[] below = new Node[list.size() - 1];
        for (int i = 0; i < below.length; i++) {
            below[i] = node(list.get(i + 1), own, depth + 1);
        }
        return alone ? new Node.Not(below[0]) : kind.equals("or") ? either(below) : new Node.Many(true, below);
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

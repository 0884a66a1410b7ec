#!/usr/bin/env python3
"""Makes the sample trade in this folder: articles, catalogues, stock, orders, sales invoices. Seeded: the same files every time."""
import json
import os
import random
from decimal import Decimal, ROUND_HALF_UP
from xml.sax.saxutils import escape

HERE = os.path.dirname(os.path.abspath(__file__))
BUYER = "8719326000015"
CENTRAL = "8719326000022"
RATES = {"EUR": Decimal(1), "USD": Decimal("0.9185"), "PLN": Decimal("0.2341")}


def check(body):
    total = sum(int(digit) * (3 if i % 2 == 0 else 1) for i, digit in enumerate(reversed(body)))
    return body + str(-total % 10)


def cents(value, places="0.01"):
    return Decimal(value).quantize(Decimal(places), ROUND_HALF_UP)


def write(path, text):
    path = os.path.join(HERE, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def cell(value, separator):
    text = "" if value is None else str(value)
    return '"' + text.replace('"', '""') + '"' if separator in text or '"' in text or "\n" in text else text


def table(columns, rows, separator=","):
    return "\n".join(separator.join(cell(value, separator) for value in row) for row in [columns, *rows]) + "\n"


# ---------------------------------------------------------------- articles
# name, category, maker, base price in euro, weight in kg, variants, pieces per box (0: none)
FAMILIES = [
    ("Water pump pliers {} mm", "hand-tools", "bergmann", 13.0, 0.34, [150, 180, 240, 300, 400], 0),
    ("Combination pliers {} mm", "hand-tools", "bergmann", 11.2, 0.25, [140, 160, 180, 200], 0),
    ("Side cutters {} mm", "hand-tools", "bergmann", 12.4, 0.2, [125, 140, 160, 180], 0),
    ("Combination spanner {} mm", "hand-tools", "bergmann", 4.1, 0.11, [6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24, 27, 30, 32], 0),
    ("Screwdriver PH{}", "hand-tools", "bergmann", 3.9, 0.08, [0, 1, 2, 3], 0),
    ("Screwdriver PZ{}", "hand-tools", "bergmann", 4.0, 0.08, [0, 1, 2, 3], 0),
    ("Screwdriver TX{}", "hand-tools", "bergmann", 4.3, 0.07, [6, 8, 10, 15, 20, 25, 30, 40], 0),
    ("Insulated screwdriver {} x 100 VDE", "hand-tools", "bergmann", 5.6, 0.09, [2.5, 4, 5.5, 6.5], 0),
    ("Engineer's hammer {} g", "hand-tools", "bergmann", 9.8, 0.5, [200, 300, 500, 800, 1000, 1500], 0),
    ("Socket 1/2 in {} mm", "hand-tools", "bergmann", 3.2, 0.09, [8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 21, 22, 24], 0),
    ("Cold chisel {} mm", "hand-tools", "bergmann", 7.5, 0.4, [125, 150, 200, 250], 0),
    ("Hex key {} mm", "hand-tools", "bergmann", 1.1, 0.02, [1.5, 2, 2.5, 3, 4, 5, 6, 8, 10], 0),
    ("HSS-G drill {} mm", "accessories", "tatry-tools", 1.2, 0.03, [1, 1.5, 2, 2.5, 3, 3.2, 3.3, 3.5, 4, 4.2, 4.5, 5, 5.5, 6, 6.5, 6.8, 7, 7.5, 8, 8.5, 9, 9.5, 10, 10.2, 11, 12, 13], 10),
    ("SDS-plus drill {} mm", "accessories", "tatry-tools", 3.6, 0.09, ["5x110", "5x160", "6x110", "6x160", "6x210", "8x160", "8x210", "10x160", "10x210", "12x160", "12x260", "14x160", "16x210"], 0),
    ("Cutting disc {} mm inox", "accessories", "tatry-tools", 1.4, 0.05, ["115x1.0", "115x1.6", "125x1.0", "125x1.6", "180x1.6", "230x1.9"], 25),
    ("Flap disc {} ", "accessories", "tatry-tools", 3.1, 0.1, ["115 K40", "115 K60", "115 K80", "125 K40", "125 K60", "125 K80"], 10),
    ("Jigsaw blade {} (5)", "accessories", "tatry-tools", 6.2, 0.05, ["T101B", "T111C", "T118A", "T144D", "T244D"], 0),
    ("Circular saw blade {} mm", "accessories", "tatry-tools", 22.0, 0.4, ["160 Z24", "160 Z48", "190 Z24", "190 Z48", "216 Z60", "254 Z80"], 0),
    ("Hole saw bi-metal {} mm", "accessories", "tatry-tools", 8.4, 0.15, [20, 25, 32, 35, 40, 51, 60, 68, 76], 0),
    ("Bit set {}", "accessories", "tatry-tools", 14.5, 0.3, ["10 pieces", "32 pieces", "TX 7 pieces"], 0),
    ("Bar clamp {} in", "fixings", "lakeside", 11.0, 1.2, [6, 12, 18, 24, 36], 0),
    ("Spring clamp {} in", "fixings", "lakeside", 2.2, 0.15, [1, 2, 3, 4], 0),
    ("Hex bolt 8.8 zinc {}", "fixings", "lakeside", 0.14, 0.02, ["M6x20", "M6x30", "M6x40", "M8x20", "M8x30", "M8x40", "M8x60", "M10x30", "M10x40", "M10x60", "M10x80", "M12x40", "M12x60", "M12x80", "M12x100", "M16x60", "M16x80"], 100),
    ("Carriage bolt zinc {}", "fixings", "lakeside", 0.18, 0.03, ["M6x40", "M6x60", "M8x60", "M8x80", "M8x100", "M10x100", "M10x120"], 100),
    ("Hex nut zinc {}", "fixings", "lakeside", 0.03, 0.004, ["M4", "M5", "M6", "M8", "M10", "M12", "M16"], 200),
    ("Washer zinc {}", "fixings", "lakeside", 0.015, 0.002, ["M4", "M5", "M6", "M8", "M10", "M12", "M16"], 200),
    ("Chipboard screw TX zinc {}", "fixings", "", 0.03, 0.003, ["3.0x16", "3.0x30", "3.5x20", "3.5x30", "3.5x40", "4.0x30", "4.0x40", "4.0x50", "4.5x40", "4.5x50", "4.5x60", "5.0x50", "5.0x60", "5.0x80", "6.0x80", "6.0x100", "6.0x120", "6.0x160"], 200),
    ("Nylon plug {}", "fixings", "", 0.04, 0.002, ["5x25", "6x30", "8x40", "10x50", "12x60", "14x70"], 100),
    ("Wedge anchor zinc {}", "fixings", "", 0.62, 0.05, ["M8x75", "M8x95", "M10x90", "M10x120", "M12x110", "M12x145", "M16x140"], 50),
    ("Drywall screw {}", "fixings", "", 0.02, 0.002, ["3.5x25", "3.5x35", "3.5x45", "3.5x55"], 500),
    ("Circuit breaker B{} 1P+N", "electrical", "", 8.9, 0.15, [6, 10, 13, 16, 20, 25, 32], 0),
    ("Residual current device {} 30 mA", "electrical", "", 38.0, 0.35, ["25A 2P", "40A 2P", "40A 4P", "63A 4P"], 0),
    ("Socket outlet {}", "electrical", "", 4.6, 0.07, ["white", "anthracite", "IP44 white", "IP44 grey", "double white"], 10),
    ("Switch {}", "electrical", "", 4.2, 0.06, ["one way", "two way", "series", "push", "dimmer LED"], 10),
    ("Cable gland {}", "electrical", "", 0.85, 0.02, ["M16", "M20", "M25", "M32", "M40"], 50),
    ("Cable tie {} (100)", "electrical", "", 2.4, 0.1, ["100x2.5", "140x3.6", "200x3.6", "200x4.8", "300x4.8", "370x7.6"], 0),
    ("LED panel {}", "electrical", "", 24.0, 1.9, ["600x600 3000K", "600x600 4000K", "1200x300 4000K", "300x300 4000K"], 0),
    ("Junction box {}", "electrical", "", 2.1, 0.1, ["80x80 IP55", "100x100 IP55", "150x110 IP55", "190x140 IP55"], 0),
    ("Cable reel {} ", "electrical", "", 42.0, 5.5, ["25 m 3G1.5", "40 m 3G2.5", "50 m 3G1.5"], 0),
    ("Work glove nitrile size {}", "workwear", "", 1.9, 0.05, [7, 8, 9, 10, 11], 12),
    ("Work glove leather size {}", "workwear", "", 5.2, 0.14, [8, 9, 10, 11], 12),
    ("Safety helmet {}", "workwear", "", 11.5, 0.4, ["white", "yellow", "blue", "orange"], 0),
    ("Safety shoe S3 size {}", "workwear", "", 49.0, 1.3, [39, 40, 41, 42, 43, 44, 45, 46, 47], 0),
    ("Hi-vis vest {}", "workwear", "", 3.1, 0.12, ["S", "M", "L", "XL", "XXL"], 10),
    ("Softshell jacket {}", "workwear", "", 38.0, 0.7, ["S", "M", "L", "XL", "XXL"], 0),
    ("Safety glasses {}", "workwear", "", 3.4, 0.05, ["clear", "tinted", "over-glasses"], 10),
    ("Dust mask {} (20)", "workwear", "", 15.0, 0.2, ["FFP2", "FFP2 valve", "FFP3 valve"], 0),
    ("Silicone sealant 310 ml {}", "sealants", "", 3.9, 0.36, ["transparent", "white", "grey", "black", "beige"], 12),
    ("Acrylic sealant 310 ml {}", "sealants", "", 1.9, 0.5, ["white", "grey"], 12),
    ("Hybrid adhesive 290 ml {}", "sealants", "", 6.4, 0.45, ["white", "black", "crystal"], 12),
    ("PU foam {}", "sealants", "", 5.2, 0.8, ["750 ml gun", "750 ml hand", "500 ml fire"], 12),
    ("Measuring tape {}", "measuring", "bergmann", 6.1, 0.2, ["3 m", "5 m", "8 m", "10 m"], 0),
    ("Spirit level {} cm", "measuring", "bergmann", 17.0, 0.7, [40, 60, 80, 100, 120, 180], 0),
    ("Vernier caliper {} mm", "measuring", "bergmann", 21.0, 0.3, [150, 200, 300], 0),
    ("Bevel-edge chisel {} mm", "hand-tools", "bergmann", 8.9, 0.2, [6, 8, 10, 12, 16, 20, 25, 32], 0),
    ("Flat file {} mm", "hand-tools", "bergmann", 7.1, 0.22, ["150 cut 2", "200 cut 1", "200 cut 2", "250 cut 1", "250 cut 2"], 0),
    ("Torx bit {} 25 mm", "accessories", "tatry-tools", 0.6, 0.01, ["TX10", "TX15", "TX20", "TX25", "TX30", "TX40"], 10),
    ("Masonry drill {} mm", "accessories", "tatry-tools", 1.6, 0.05, [4, 5, 6, 8, 10, 12, 14], 10),
    ("Threaded rod zinc 1 m {}", "fixings", "lakeside", 1.1, 0.3, ["M6", "M8", "M10", "M12", "M16"], 10),
    ("Angle bracket {}", "fixings", "", 0.38, 0.06, ["40x40", "60x60", "80x80", "100x100"], 50),
    ("Pipe clamp M8 {}", "fixings", "", 0.55, 0.06, ["15-18", "20-25", "26-30", "32-36", "40-45", "48-54"], 50),
    ("Masking tape {}", "sealants", "", 2.3, 0.15, ["19 mm", "25 mm", "38 mm", "50 mm"], 24),
    ("Rain trousers {}", "workwear", "", 13.0, 0.4, ["M", "L", "XL", "XXL"], 0),
    ("Laser level {}", "measuring", "", 129.0, 0.8, ["cross line", "3x360"], 0),
]
PREFIX = {"bergmann": "4017556", "tatry-tools": "5906334", "lakeside": "0072948", "": "8718421"}
MAKER_PART = {"bergmann": "BM", "tatry-tools": "TT", "lakeside": "LS", "": "HF"}


class Article:
    pass


def make_articles(rng):
    articles, counters = [], {}
    for name, category, maker, price, weight, variants, box in FAMILIES:
        family = []
        for i, variant in enumerate(variants):
            article = Article()
            counters[maker] = counters.get(maker, 1000) + 1
            number = counters[maker]
            body = PREFIX[maker] + f"{number:05d}"
            article.sku = f"K-{10001 + len(articles)}"
            article.name = " ".join(name.format(variant).split())
            article.category, article.maker, article.box = category, maker, box
            article.gtin = check(body)
            article.box_gtin = check("1" + body) if box else None  # GTIN-14: indicator digit 1, the same item reference
            article.part = f"{MAKER_PART[maker]}{number}"
            step = 1 + 0.09 * i + rng.uniform(-0.03, 0.03)
            article.cost = Decimal(str(round(price * step, 4)))
            article.weight = round(weight * (1 + 0.08 * i), 4)
            article.substitutes = []
            articles.append(article)
            family.append(article)
        if category in ("electrical", "workwear", "sealants") or "drill" in name:
            for i, article in enumerate(family[:-1]):
                if rng.random() < 0.45:
                    article.substitutes.append(family[i + 1].sku)
    return articles


# ---------------------------------------------------------------- suppliers
# id: (currency, item prefix, what it carries at which share and level of our base cost)
SUPPLIERS = {
    "nordhandel": ("EUR", "NH", {"hand-tools": (0.95, 0.97), "accessories": (0.8, 1.0), "fixings": (0.85, 0.96), "measuring": (0.9, 0.97), "sealants": (0.3, 1.02)}),
    "vandermeer": ("EUR", "VM", {"hand-tools": (0.6, 1.03), "accessories": (0.5, 1.04), "fixings": (0.5, 1.03), "electrical": (0.95, 0.98), "workwear": (0.7, 1.0), "sealants": (0.95, 0.97), "measuring": (0.5, 1.03)}),
    "midwest": ("USD", "MW", {"fixings": (0.75, 0.82), "hand-tools": (0.25, 0.9), "measuring": (0.2, 0.93)}),
    "polhurt": ("PLN", "PH", {"hand-tools": (0.6, 0.95), "accessories": (0.95, 0.9), "measuring": (0.5, 0.96), "workwear": (0.5, 0.93)}),
    "quickparts": ("EUR", "QP", {"hand-tools": (0.85, 1.13), "accessories": (0.85, 1.14), "fixings": (0.6, 1.18), "electrical": (0.9, 1.1), "workwear": (0.8, 1.12), "sealants": (0.8, 1.12), "measuring": (0.8, 1.12)}),
    "beskid": ("PLN", "BH", {"accessories": (0.85, 0.87), "fixings": (0.8, 0.88), "sealants": (0.5, 0.9), "electrical": (0.3, 0.88), "hand-tools": (0.2, 0.94)}),
    "bergmann": ("EUR", "BM", {"hand-tools": (1.0, 0.86), "measuring": (0.85, 0.87)}),
    "central": ("EUR", "K", {"hand-tools": (0.45, 0.95), "accessories": (0.45, 0.95), "fixings": (0.5, 0.94), "electrical": (0.45, 0.96), "workwear": (0.6, 0.95), "sealants": (0.5, 0.95), "measuring": (0.3, 0.96)}),
}
MAKERS_ONLY_AT = {"tatry-tools": {"beskid", "polhurt", "nordhandel", "quickparts", "vandermeer", "central"}, "lakeside": {"midwest", "nordhandel", "vandermeer", "quickparts", "beskid", "central"}}


class Offer:
    pass


def make_offers(rng, articles):
    offers = {}
    for supplier, (currency, prefix, carried) in SUPPLIERS.items():
        rows = []
        for index, article in enumerate(articles):
            share, level = carried.get(article.category, (0, 0))
            if rng.random() >= share or (supplier == "bergmann" and article.maker != "bergmann") or supplier not in MAKERS_ONLY_AT.get(article.maker, SUPPLIERS):
                continue
            offer = Offer()
            offer.article = article
            offer.item = article.sku if supplier == "central" else f"{prefix}-{20000 + index * 7 % 9973 + index}"
            each = article.cost * Decimal(str(round(level * rng.uniform(0.94, 1.06), 4))) / RATES[currency]
            by_box = article.box > 0 and (supplier in ("midwest", "beskid", "central") or (supplier == "vandermeer" and article.category == "fixings") or supplier == "polhurt")
            offer.unit, offer.factor = ("BX", article.box) if by_box else ("EA", 1)
            offer.gtin = article.box_gtin if by_box else article.gtin
            offer.basis = 100 if not by_box and article.cost < 1 and supplier != "midwest" else 1
            offer.price = cents(each * offer.factor * offer.basis)
            offer.minimum, offer.multiple = 1, 1
            if not by_box and article.box and supplier in ("nordhandel", "quickparts"):
                offer.multiple = article.box if supplier == "nordhandel" or article.cost < 1 else 1
                offer.minimum = offer.multiple
            elif supplier == "bergmann":
                offer.multiple = rng.choice([1, 5, 6, 10])
                offer.minimum = offer.multiple * rng.choice([1, 2])
            elif supplier == "midwest":
                offer.minimum = rng.choice([1, 4, 6, 10]) if by_box else rng.choice([6, 12, 24])
            offer.breaks = []
            if rng.random() < (0.55 if supplier in ("nordhandel", "polhurt", "bergmann", "midwest") else 0.2):
                start = max(offer.minimum, offer.multiple) * rng.choice([5, 10, 20])
                start = start if start > 1 else 10
                offer.breaks.append((start, cents(offer.price * Decimal("0.955"))))
                if rng.random() < 0.5:
                    offer.breaks.append((start * 4, cents(offer.price * Decimal("0.92"))))
            offer.breaks = [step for step in offer.breaks if step[1] < offer.price]
            offer.group = "fixings" if supplier == "nordhandel" and article.category == "fixings" else ""
            offer.weight = round(article.weight * offer.factor, 3)
            offer.lead = rng.choice([3, 5]) if supplier != "central" and rng.random() < 0.06 else None
            roll = rng.random()
            scale = (6 if article.cost > 20 else 60 if article.cost > 1 else 4000) / offer.factor
            if roll < 0.07:
                offer.stock, offer.expected, offer.when = 0, int(scale * 4) + offer.multiple, rng.choice(["2026-03-09", "2026-03-12", "2026-03-18", "2026-03-25"])
            elif roll < 0.22:
                offer.stock, offer.expected, offer.when = int(scale * rng.uniform(0.2, 0.6)) // offer.multiple * offer.multiple, None, None
            else:
                offer.stock, offer.expected, offer.when = int(scale * rng.uniform(2, 12)) // offer.multiple * offer.multiple + offer.multiple, None, None
            rows.append(offer)
        offers[supplier] = rows
    return offers


def write_catalogues(offers):
    for supplier, rows in offers.items():
        currency, prefix, _ = SUPPLIERS[supplier]
        if supplier == "nordhandel":
            pricat(rows)
            invrpt(rows)
        elif supplier == "midwest":
            x832(rows)
            x846(rows)
        elif supplier == "quickparts":
            items = []
            for o in rows:
                item = {"article": o.item, "gtin": o.gtin, "yourArticle": o.article.sku, "name": o.article.name, "unit": o.unit, "unitSize": o.factor, "price": float(o.price), "per": o.basis, "minimum": o.minimum, "multiple": o.multiple, "weightKg": o.weight, "leadDays": o.lead or 0, "levies": 0,
                        "breaks": [{"from": f, "price": float(p)} for f, p in o.breaks]}
                items.append(json.dumps(item, ensure_ascii=False))
            head = {"type": "priceList", "id": "QP-PL-2026-03", "date": "2026-02-27", "validFrom": "2026-03-01", "validTo": None, "currency": "EUR"}
            write("catalogues/quickparts/prices.json", json.dumps(head, indent=2)[:-2] + ',\n  "items": [\n    ' + ",\n    ".join(items) + "\n  ]\n}\n")
            stock = [json.dumps({"article": o.item, "gtin": o.gtin, "unit": o.unit, "available": o.stock, **({"expected": o.expected, "expectedOn": o.when} if o.expected else {})}) for o in rows]
            write("catalogues/quickparts/stock.json", '{\n  "type": "stock",\n  "id": "QP-ST-202603020700",\n  "at": "2026-03-02T07:00:00+01:00",\n  "items": [\n    ' + ",\n    ".join(stock) + "\n  ]\n}\n")
        else:
            write(f"catalogues/{supplier}/prices.csv", price_csv(prefix, currency, rows, "2026-02-27", "2026-03-01"))
            write(f"catalogues/{supplier}/stock.csv", table(
                ["report", "counted_at", "item", "ean", "unit", "available", "expected", "expected_on"],
                [[f"{prefix}-ST-0302", "2026-03-02T06:00:00+01:00", o.item, o.gtin, o.unit, o.stock, o.expected, o.when] for o in rows], ";"))
    # A later list of one supplier: two ordinary changes, one price read without its basis (a hundredfold), one unknown article.
    rows = offers["vandermeer"][:4]
    changed = []
    for o, factor in zip(rows, ["1.02", "0.99", "100", "1.01"]):
        copy = Offer()
        copy.__dict__.update(o.__dict__)
        copy.price, copy.breaks = cents(o.price * Decimal(factor)), []
        changed.append(copy)
    text = price_csv("VM", "EUR", changed, "2026-03-02", "2026-03-16", "VM-PL-202603-B")
    write("extra/vandermeer-prices-with-a-leap.csv", text + "VM-PL-202603-B;2026-03-02;2026-03-16;;EUR;VM-99999;;;Left-handed spanner;EA;1;9.99;1;1;1;;;;;;0.1;\n")


def price_csv(prefix, currency, rows, issued, valid, catalogue=None):
    lines = []
    for o in rows:
        steps = [value for step in o.breaks for value in step] + [None] * (4 - 2 * len(o.breaks))
        lines.append([catalogue or f"{prefix}-PL-202603", issued, valid, None, currency, o.item, o.gtin, o.article.sku, o.article.name, o.unit, o.factor, o.price, o.basis, o.minimum, o.multiple, *steps, o.group, o.weight, o.lead])
    return table(["catalogue", "issued", "valid_from", "valid_to", "currency", "item", "ean", "your_item", "name", "unit", "unit_size", "price", "price_per", "minimum", "multiple",
                  "break1_from", "break1_price", "break2_from", "break2_price", "group", "weight_kg", "lead_days"], lines, ";")


def edifact_text(text):
    return "".join("?" + c if c in "?+:'" else c for c in text)


def interchange(sender, receiver, reference, messages, stamp="260302:0610"):
    lines = [f"UNB+UNOC:3+{sender}:14+{receiver}:14+{stamp}+{reference}'"]
    for number, (kind, segments) in enumerate(messages, 1):
        lines.append(f"UNH+{number}+{kind}'")
        lines += [segment + "'" for segment in segments]
        lines.append(f"UNT+{len(segments) + 2}+{number}'")
    lines.append(f"UNZ+{len(messages)}+{reference}'")
    return "UNA:+.? '\n" + "\n".join(lines) + "\n"


NORD = "4031902000016"


def unit(code):
    return "PCE" if code == "EA" else code


def pricat(rows):
    body = ["BGM+9+NHPK202603+9", "DTM+137:20260227:102", "DTM+194:20260301:102", f"NAD+BY+{BUYER}::9", f"NAD+SU+{NORD}::9", "CUX+2:EUR:9", "PGI+11"]
    for n, o in enumerate(rows, 1):
        u = unit(o.unit)
        body += [f"LIN+{n}+1+{o.gtin}:EN", f"PIA+1+{o.item}:SA+{o.article.sku}:IN", f"IMD+F++:::{edifact_text(o.article.name[:35])}", f"MEA+PD+AAA+KGM:{o.weight}"]
        body += [f"QTY+53:{o.minimum}:{u}", f"QTY+52:{o.multiple}:{u}"]
        if o.group:
            body.append(f"RFF+AEI:{o.group}")
        body += [f"PRI+AAA:{o.price}:::{o.basis}:{u}"]
        for start, price in o.breaks:
            body += [f"PRI+AAA:{price}:::{o.basis}:{u}", f"RNG+4+{u}:{start}"]
    write("catalogues/nordhandel/prices.edi", interchange(NORD, BUYER, "4001", [("PRICAT:D:96A:UN:EAN006", body)], "260227:1800"))


def invrpt(rows):
    body = ["BGM+35+NHLB20260302+9", "DTM+137:202603020600:203", "DTM+366:202603020545:203", f"NAD+SU+{NORD}::9"]
    for n, o in enumerate(rows, 1):
        u = unit(o.unit)
        body += [f"LIN+{n}++{o.gtin}:EN", f"PIA+1+{o.item}:SA", f"QTY+145:{o.stock}:{u}"]
        if o.expected:
            body += [f"QTY+54:{o.expected}:{u}", f"DTM+17:{o.when.replace('-', '')}:102"]
    write("catalogues/nordhandel/stock.edi", interchange(NORD, BUYER, "4002", [("INVRPT:D:96A:UN:EAN004", body)]))


def x12(code, group, control, segments, stamp="260302*0530", sender=("01", "083104500", "MWFT"), sets=None):
    sets = sets or [segments]
    lines = [f"ISA*00*          *00*          *{sender[0]}*{sender[1]:<15}*ZZ*{'KROONNL':<15}*{stamp}*U*00401*{control:09d}*0*P*>",
             f"GS*{group}*{sender[2]}*KROONNL*20{stamp}*{control}*X*004010"]
    for number, body in enumerate(sets, 1):
        lines.append(f"ST*{code}*{number:04d}")
        lines += body
        lines.append(f"SE*{len(body) + 2}*{number:04d}")
    lines += [f"GE*{len(sets)}*{control}", f"IEA*1*{control:09d}"]
    return "\n".join(line + "~" for line in lines) + "\n"


def upc(gtin):
    # X12 235: UP is a UPC of 12 digits, EN an EAN-13, UK a GTIN-14.
    if len(gtin) == 14:
        return f"UK*{gtin}"
    return f"UP*{gtin[1:]}" if gtin.startswith("0") else f"EN*{gtin}"


def plain(text):
    return text.replace("*", "x").replace("~", "-").replace(">", "-")


def x832(rows):
    body = ["BCT*PC*MWPC202603", "DTM*007*20260301", "CUR*SE*USD", "N1*SE*Midwest Fastener & Tool Supply Inc.*92*MWFT"]
    for o in rows:
        body += [f"LIN**{upc(o.gtin)}*VN*{o.item}*BP*{o.article.sku}", f"CTB*OR**57*{o.minimum}", f"PID*F****{plain(o.article.name)}",
                 f"PO4*{o.factor}*{o.multiple}*{o.unit}**G*{round(o.weight * 2.20462, 2)}*LB", f"CTP**CON*{o.price}*1*{o.unit}"]
        body += [f"CTP**CON*{price}*{start}*{o.unit}" for start, price in o.breaks]
    body.append(f"CTT*{len(rows)}")
    write("catalogues/midwest/prices.x12", x12("832", "SC", 3001, body, "260227*1700"))


def x846(rows):
    body = ["BIA*00*DD*MWIB20260302*20260302*0500", "N1*SE*Midwest Fastener & Tool Supply Inc.*92*MWFT"]
    for o in rows:
        body += [f"LIN**{upc(o.gtin)}*VN*{o.item}", f"QTY*33*{o.stock}*{o.unit}"]
        if o.expected:
            body += [f"QTY*63*{o.expected}*{o.unit}", f"DTM*018*{o.when.replace('-', '')}"]
    body.append(f"CTT*{len(rows)}")
    write("catalogues/midwest/stock.x12", x12("846", "IB", 3002, body))


# ---------------------------------------------------------------- orders
WEB = [("C-10231", "Bakker Timmerwerken", "Dorpsstraat 12", "1601 AB", "Enkhuizen", "NL"), ("C-10418", "De Jong Installatie", "Handelsweg 3", "8013 PC", "Zwolle", "NL"),
       ("C-10552", "Schreinerei Voss", "Am Markt 7", "26721", "Emden", "DE"), ("C-10790", "Van Dijk Onderhoud", "Lange Kade 88", "4461 HK", "Goes", "NL"),
       ("C-11007", "Atelier Brandt", "Ringstr. 19", "47533", "Kleve", "DE"), ("C-11243", "Klusbedrijf Smit", "Beukenlaan 41", "5616 VA", "Eindhoven", "NL")]
STORES = [("8719326001012", "Kroon Utrecht", "Cartesiusweg 90", "3534 BB", "Utrecht"), ("8719326001029", "Kroon Breda", "Spinveld 15", "4815 HR", "Breda"), ("8719326001036", "Kroon Groningen", "Osloweg 110", "9723 BX", "Groningen")]
INSIDE = [("8716621000016", "Staalbouw Rijnmond B.V.", "Sluisjesdijk 50", "3087 AH", "Rotterdam", "NL"), ("4055912000019", "Emsland Fensterbau GmbH", "Industriestr. 8", "49716", "Meppen", "DE"),
          ("5908812000018", "Wielkopolska Stolarka Sp. z o.o.", "ul. Fabryczna 2", "61-512", "Poznan", "PL")]


def pick(rng, articles, count, categories=None):
    pool = [a for a in articles if categories is None or a.category in categories]
    return rng.sample(pool, count)


def quantity(rng, article):
    if article.box and rng.random() < 0.6:
        return rng.choice([1, 1, 2, 3, 5, 10]), "BX", article.box_gtin
    if article.cost < 1:
        return rng.choice([20, 50, 100, 200, 400]), "EA", article.gtin
    return rng.choice([1, 2, 2, 4, 5, 6, 10, 12, 20]) if article.cost < 25 else rng.choice([1, 1, 2, 3, 4]), "EA", article.gtin


def sales_price(article, factor):
    return cents(article.cost * factor * Decimal("1.38"))


def webshop(rng, articles):
    invoices = []
    for n in range(24):
        customer = WEB[n % len(WEB)]
        number = f"W-2603-{1001 + n}"
        direct = n in (3, 9, 14, 21)
        lines, amounts = [], []
        chosen = pick(rng, articles, rng.randint(1, 6), ("workwear", "electrical", "measuring") if direct else None)
        for i, article in enumerate(chosen, 1):
            amount, u, gtin = quantity(rng, article)
            factor = article.box if u == "BX" else 1
            line = {"id": str(i), "item": {"supplierSku": article.sku, "gtin": gtin, "description": article.name}, "quantity": {"value": amount, "unit": u}, "salesPrice": float(sales_price(article, factor))}
            if rng.random() < 0.2:
                line["substituteAllowed"] = True
            if rng.random() < 0.06:
                line["notFrom"] = [rng.choice(["midwest", "quickparts"])]
            lines.append(line)
            amounts.append((str(i), amount, cents(sales_price(article, factor) * amount)))
        if n in (5, 17):
            lines.append({"id": "90", "item": {"supplierSku": f"K-9{n:04d}", "description": "Garden gnome, 60 cm"}, "quantity": {"value": 1, "unit": "EA"}})
        order = {"number": number, "channel": "webshop", "issued": "2026-03-02", "buyer": {"id": customer[0], "name": customer[1]},
                 "shipTo": {"id": customer[0], "name": customer[1], "address": {"street": customer[2], "postalCode": customer[3], "city": customer[4], "country": customer[5]}},
                 "currency": "EUR"}
        if n % 3 != 0:
            order["requestedDelivery"] = ["2026-03-04", "2026-03-05", "2026-03-09", "2026-03-11", "2026-03-16", "2026-03-20"][n % 6]
        if direct:
            order["directDelivery"] = True
            order["note"] = "Please ring before delivery"
        order["lines"] = lines
        write(f"orders/webshop/{number}.json", json.dumps(order, indent=2, ensure_ascii=False) + "\n")
        if n < 14:
            invoices.append((f"SI-26-{4001 + n}", customer[0], number, amounts, n % 3))
    return invoices


def stores(rng, articles):
    columns = ["order_number", "store_gln", "store_name", "ordered_on", "ship_to_street", "ship_to_postcode", "ship_to_city", "ship_to_country", "need_by", "line_id", "our_item", "ean", "description", "quantity", "unit", "substitute", "not_from", "note"]
    number = 0
    for s, store in enumerate(STORES):
        rows = []
        for _ in range([6, 5, 5][s]):
            number += 1
            order = f"F-{store[0][-4:]}-{300 + number}"
            need = rng.choice(["", "2026-03-05", "2026-03-09", "2026-03-12", "2026-03-18"])
            for i, article in enumerate(pick(rng, articles, rng.randint(2, 9)), 1):
                amount, u, gtin = quantity(rng, article)
                rows.append([order, store[0], store[1], "2026-03-02", store[2], store[3], store[4], "NL", need, i * 10, article.sku, gtin, article.name, amount * (2 if article.cost < 5 else 1), u,
                             "yes" if rng.random() < 0.15 else "", "beskid" if rng.random() < 0.04 else "", "for the shop window" if rng.random() < 0.03 else ""])
            if number in (4, 11):
                rows.append([order, store[0], store[1], "2026-03-02", store[2], store[3], store[4], "NL", need, 990, "", "", "Sample rack, as last year", 1, "EA", "", "", ""] if number == 4 else
                            [order, store[0], store[1], "2026-03-02", store[2], store[3], store[4], "NL", need, 990, "K-77777", "", "Discontinued plane iron", 2, "EA", "", "", ""])
        # A row without any article number cannot be an order line; it is left out of the sample and kept for the bad-input tests.
        rows = [row for row in rows if row[10] or row[11]]
        write(f"orders/stores/{store[1].split()[1].lower()}-20260302.csv", table(columns, rows, ";"))


def inside_sales(rng, articles):
    for n in range(8):
        buyer = INSIDE[n % 3]
        number = f"IS-26-{70 + n}"
        direct = n in (2, 6)
        need = ["2026-03-06", "2026-03-10", "2026-03-13", "2026-03-20"][n % 4]
        lines = []
        for i, article in enumerate(pick(rng, articles, rng.randint(4, 10), ("electrical", "workwear") if direct else ("hand-tools", "accessories", "fixings", "measuring", "sealants")), 1):
            amount, u, gtin = quantity(rng, article)
            amount *= 3 if article.cost < 25 else 1
            factor = article.box if u == "BX" else 1
            price = sales_price(article, factor)
            lines.append(f"""  <cac:OrderLine>
    <cac:LineItem>
      <cbc:ID>{i}</cbc:ID>
      <cbc:Quantity unitCode="{u}">{amount}</cbc:Quantity>
      <cbc:LineExtensionAmount currencyID="EUR">{cents(price * amount)}</cbc:LineExtensionAmount>
      <cac:Price>
        <cbc:PriceAmount currencyID="EUR">{price}</cbc:PriceAmount>
      </cac:Price>
      <cac:Item>
        <cbc:Name>{escape(article.name)}</cbc:Name>
        <cac:SellersItemIdentification>
          <cbc:ID>{article.sku}</cbc:ID>
        </cac:SellersItemIdentification>
        <cac:StandardItemIdentification>
          <cbc:ID schemeID="0160">{gtin}</cbc:ID>
        </cac:StandardItemIdentification>
      </cac:Item>
    </cac:LineItem>
  </cac:OrderLine>
""")
        party = f"""      <cbc:EndpointID schemeID="0088">{buyer[0]}</cbc:EndpointID>
      <cac:PartyIdentification>
        <cbc:ID schemeID="0088">{buyer[0]}</cbc:ID>
      </cac:PartyIdentification>
      <cac:PartyName>
        <cbc:Name>{escape(buyer[1])}</cbc:Name>
      </cac:PartyName>
"""
        write(f"orders/inside-sales/{number}.xml", f"""<?xml version="1.0" encoding="UTF-8"?>
<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2" xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2" xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2">
  <cbc:CustomizationID>urn:fdc:peppol.eu:poacc:trns:order:3</cbc:CustomizationID>
  <cbc:ProfileID>urn:fdc:peppol.eu:poacc:bis:ordering:3</cbc:ProfileID>
  <cbc:ID>{number}</cbc:ID>
  <cbc:IssueDate>2026-03-02</cbc:IssueDate>
{'  <cbc:Note>Direct delivery to site</cbc:Note>' + chr(10) if direct else ''}  <cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
  <cac:BuyerCustomerParty>
    <cac:Party>
{party}    </cac:Party>
  </cac:BuyerCustomerParty>
  <cac:SellerSupplierParty>
    <cac:Party>
      <cbc:EndpointID schemeID="0088">{BUYER}</cbc:EndpointID>
      <cac:PartyIdentification>
        <cbc:ID schemeID="0088">{BUYER}</cbc:ID>
      </cac:PartyIdentification>
      <cac:PartyName>
        <cbc:Name>Kroon Bouwgroothandel B.V.</cbc:Name>
      </cac:PartyName>
    </cac:Party>
  </cac:SellerSupplierParty>
  <cac:Delivery>
    <cac:DeliveryLocation>
      <cac:Address>
        <cbc:StreetName>{buyer[2]}</cbc:StreetName>
        <cbc:CityName>{buyer[4]}</cbc:CityName>
        <cbc:PostalZone>{buyer[3]}</cbc:PostalZone>
        <cac:Country>
          <cbc:IdentificationCode>{buyer[5]}</cbc:IdentificationCode>
        </cac:Country>
      </cac:Address>
    </cac:DeliveryLocation>
    <cac:RequestedDeliveryPeriod>
      <cbc:EndDate>{need}</cbc:EndDate>
    </cac:RequestedDeliveryPeriod>
  </cac:Delivery>
{''.join(lines)}</Order>
""")


def great_lakes(rng, articles):
    for batch in range(2):
        sets = []
        for n in range(3):
            number = f"GL{88120 + batch * 3 + n}"
            chosen = pick(rng, articles, rng.randint(3, 7), ("hand-tools", "fixings", "measuring"))
            body = [f"BEG*00*SA*{number}**20260302", "CUR*BY*EUR", "REF*DP*046", f"DTM*002*202603{rng.choice([16, 20, 27])}",
                    "N1*BY*Great Lakes Marine Works*UL*0061502700010", f"N1*ST*GLMW c/o Rotterdam Forwarding*92*RTM{batch + 1}", "N3*Waalhaven Z.z. 21", "N4*Rotterdam**3089 JH*NL"]
            for i, article in enumerate(chosen, 1):
                amount, u, gtin = quantity(rng, article)
                factor = article.box if u == "BX" else 1
                body.append(f"PO1*{i}*{amount * 4}*{u}*{sales_price(article, factor)}**{upc(gtin)}*VN*{article.sku}*PD*{plain(article.name)}")
            if batch == 1 and n == 2:
                body.append("PO1*99*12*EA*4.10**UP*" + check("06150279999") + "*PD*Brass cleat 4 in")
                chosen.append(None)
            body += [f"CTT*{len(chosen)}"]
            sets.append(body)
        write(f"orders/greatlakes/850-{batch + 1}.x12", x12("850", "PO", 7701 + batch, None, f"260302*0{3 + batch}15", ("01", "061502700", "GLMW"), sets))


def hoffmann(rng, articles):
    gln = "4042881000010"
    messages = []
    for n in range(6):
        chosen = pick(rng, articles, rng.randint(3, 8), ("hand-tools", "accessories", "fixings", "sealants", "workwear"))
        body = [f"BGM+220+HB{55010 + n}+9", "DTM+137:20260302:102", f"DTM+2:202603{['06', '09', '11', '13', '18', '25'][n]}:102", f"NAD+BY+{gln}::9", f"NAD+SU+{BUYER}::9",
                f"NAD+DP+4042881000027::9++Hoffmann Bau Lager Essen+Ruhrallee 203+Essen++45136+DE", "CUX+2:EUR:9"]
        for i, article in enumerate(chosen, 1):
            amount, u, gtin = quantity(rng, article)
            body += [f"LIN+{i}++{gtin}:EN", f"PIA+1+{article.sku}:SA", f"IMD+F++:::{edifact_text(article.name[:35])}", f"QTY+21:{amount * 2}:{unit(u)}"]
        if n == 3:
            body += [f"LIN+90++{check('404288199999')}:EN", "IMD+F++:::Sonderanfertigung", "QTY+21:1:PCE"]
            chosen.append(None)
        body += ["UNS+S", f"CNT+2:{len(chosen)}"]
        messages.append(("ORDERS:D:96A:UN:EAN008", body))
    write("orders/hoffmann-bau/ORDERS-0602.edi", interchange(gln, BUYER, "602", messages[:4], "260302:0702"))
    write("orders/hoffmann-bau/ORDERS-0603.edi", interchange(gln, BUYER, "603", messages[4:], "260302:0731"))


def write_invoices(invoices):
    rows = []
    for number, customer, order, amounts, kind in invoices:
        total = sum(amount for _, _, amount in amounts)
        open_amount = [total, Decimal("0.00"), cents(total / 2)][kind]
        rows += [[number, customer, "2026-03-02", "2026-03-16" if kind else "2026-04-01", "EUR", total, open_amount, order, line, count, amount] for line, count, amount in amounts]
    write("sales-invoices.csv", table(["number", "customer", "issued", "due", "currency", "total", "open", "order_number", "line_id", "quantity", "amount"], rows))


def main():
    articles = make_articles(random.Random(20260302))
    offers = make_offers(random.Random(7), articles)
    usual = {}
    for supplier, rows in offers.items():
        for offer in rows:
            usual.setdefault(offer.article.sku, []).append(supplier)
    habit = {"hand-tools": "nordhandel", "measuring": "nordhandel", "accessories": "polhurt", "fixings": "nordhandel", "electrical": "vandermeer", "workwear": "vandermeer", "sealants": "vandermeer"}
    rows = []
    for a in articles:
        sources = usual.get(a.sku, [])
        preferred = habit[a.category] if habit[a.category] in sources else next((s for s in sources if s != "central"), None)
        rows.append([a.sku, a.name, a.category, "EA", a.gtin, a.maker, a.part, preferred, a.weight, " ".join(a.substitutes), "BX" if a.box else None, a.box or None, a.box_gtin])
    write("articles.csv", table(["sku", "name", "category", "unit", "gtin", "manufacturer", "manufacturer_part", "preferred_partner", "weight_kg", "substitutes", "pack_unit", "pack_factor", "pack_gtin"], rows))
    write_catalogues(offers)
    by_sku = {supplier: {o.article.sku: o for o in rows} for supplier, rows in offers.items()}
    substitutes = []
    for supplier, known in by_sku.items():
        for o in known.values():
            other = next((known[s] for s in o.article.substitutes if s in known), None)
            if other and other.unit == o.unit:
                substitutes.append([supplier, o.item, other.item, other.gtin])
    write("sandbox-substitutes.csv", table(["partner", "item", "substitute_item", "substitute_gtin"], substitutes))
    rng = random.Random(60)
    # Orders name what some supplier sells; what nobody sells is asked for on purpose.
    sold = [a for a in articles if usual.get(a.sku)]
    invoices = webshop(rng, sold)
    stores(rng, sold)
    inside_sales(rng, sold)
    great_lakes(rng, sold)
    hoffmann(rng, sold)
    write_invoices(invoices)


main()

"""One test of Eclipse's interoperability suite, against a broker on loopback; or the tests' names.

    suite.py FOLDER 3.1.1|5 list
    suite.py FOLDER 3.1.1|5 TEST PORT

FOLDER is `interoperability` in a checkout of github.com/eclipse-paho/paho.mqtt.testing.
"""

import importlib
import sys
import unittest
import warnings

MODULES = {"3.1.1": "client_test", "5": "client_test5"}
# A test whose name its own runner does not know for one.
MISNAMED = "will_message_test"

folder, version, what, *port = sys.argv[1:]
sys.path.insert(0, folder)
suite = importlib.import_module(MODULES[version])

if what == "list":
    names = unittest.TestLoader().getTestCaseNames(suite.Test)
    names += [MISNAMED] if hasattr(suite.Test, MISNAMED) else []
    print(*names, sep="\n")
    sys.exit()

# What the suite sets when it is run as a program.
suite.host = "127.0.0.1"
suite.port = int(port[0])
suite.topic_prefix = "client_test5/"
suite.topics = ("TopicA", "TopicA/B", "Topic/C", "TopicA/C", "/TopicA")
suite.wildtopics = ("TopicA/+", "+/C", "#", "/#", "/+", "+/+", "TopicA/#")
suite.nosubscribe_topics = ("test/nosubscribe",)

# It returns from its tests what newer Pythons do not want there.
warnings.simplefilter("ignore")
result = unittest.TestResult()
unittest.TestSuite([suite.Test(what)]).run(result)
for _, trace in result.failures + result.errors:
    print(trace, file=sys.stderr)
sys.exit(0 if result.wasSuccessful() else 1)
